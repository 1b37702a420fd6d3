"""Fourteen days of sample history, made by the real engine on a database of its own whose clock is moved."""
