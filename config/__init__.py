"""Lintel's composition root: settings, processes, routes and wiring."""
