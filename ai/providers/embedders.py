"""Who embeds for a model. A module that registers itself is imported at first use, in workers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TypeVar

from django.conf import settings

from ai.errors import ConfigurationError
from ai.providers.base import Embedder
from ai.providers.clients import key_of
from ai.types import EmbeddingModel

Builder = Callable[[EmbeddingModel, str | None], Embedder]
B = TypeVar("B", bound=Builder)
_builders: dict[str, Builder] = {}


def register_embedder(kind: str) -> Callable[[B], B]:
    """Serve models of providers of this kind with what the function or class builds of the model and its key."""

    def register(builder: B) -> B:
        if _builders.setdefault(kind, builder) is not builder:
            raise ConfigurationError(f"two adapters want to embed for providers of kind {kind!r}")
        return builder

    return register


def embedder_for(model: EmbeddingModel) -> Embedder:
    kind = model.provider.kind
    if kind not in _builders:
        _import(kind)
    return _builders[kind](model, key_of(model.provider))


def _import(kind: str) -> None:
    modules: dict[str, str] = settings.LINTEL_EMBEDDERS
    if kind not in modules:
        raise ConfigurationError(f"LINTEL_EMBEDDERS names no module for providers of kind {kind!r}")
    import_module(modules[kind])
    if kind not in _builders:
        raise ConfigurationError(f"{modules[kind]} registers no embedder for providers of kind {kind!r}")
