"""Adapters, the only importers of the vendors' SDKs. Importing this package loads none of them."""

from ai.providers.base import Provider
from ai.providers.clients import client_for, close_clients, load_adapters

__all__ = ["Provider", "client_for", "close_clients", "load_adapters"]
