"""Adapters, the only importers of the vendors' SDKs. Importing this package loads none of them."""

from ai.providers.base import Provider
from ai.providers.clients import client_for, close_clients, load_adapters
from ai.providers.registry import register_llm_provider

__all__ = ["Provider", "client_for", "close_clients", "load_adapters", "register_llm_provider"]
