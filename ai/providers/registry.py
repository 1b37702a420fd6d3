"""Which adapter serves providers of a kind. An adapter's module registers its builder when it is imported."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, TypeVar

from django.conf import settings

from ai.errors import ConfigurationError
from ai.providers.base import Provider


class Builder(Protocol):
    """A function, or a class whose instances are providers."""

    def __call__(self, *, base_url: str | None, api_key: str | None) -> Provider: ...


B = TypeVar("B", bound=Builder)
_builders: dict[str, Builder] = {}


def register_llm_provider(kind: str) -> Callable[[B], B]:
    """Serve the catalogue's providers of this kind with what the decorated function or class builds."""

    def register(builder: B) -> B:
        if _builders.setdefault(kind, builder) is not builder:
            raise ConfigurationError(f"two adapters want to serve providers of kind {kind!r}")
        return builder

    return register


def is_known(kind: str) -> bool:
    """Whether somebody serves this kind, without importing anything: an SDK takes seconds."""
    return kind in _builders or kind in settings.LINTEL_PROVIDERS


def builder_for(kind: str) -> Builder:
    """Imports, where that has not been done, the module that ``settings.LINTEL_PROVIDERS`` names for the kind."""
    if kind not in _builders:
        _import(kind)
    return _builders[kind]


def _import(kind: str) -> None:
    modules: dict[str, str] = settings.LINTEL_PROVIDERS
    if kind not in modules:
        raise ConfigurationError(f"LINTEL_PROVIDERS names no module for providers of kind {kind!r}")
    import_module(modules[kind])
    if kind not in _builders:
        raise ConfigurationError(f"{modules[kind]} registers no adapter for providers of kind {kind!r}")
