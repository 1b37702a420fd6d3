"""Models that an installation names by LINTEL_MODELS instead of writing a catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.conf import settings

from ai.errors import ConfigurationError
from ai.routing.entries import ModelEntry, ProviderEntry
from ai.types import Capability

PROVIDER = "openai"
# What every server of that protocol takes. Whether the model thinks is not known, so there is room for it.
CAPABILITIES = frozenset({Capability.TEMPERATURE, Capability.JSON_SCHEMA, Capability.STREAM_USAGE})
THOUGHT_TOKENS = 4000
FIRST_TEXT_SECONDS = 120.0  # a local server may have to load it first


def own_models(size: str) -> tuple[str, ...]:
    """The names given for a size, else those given for all; none where the route's own models answer."""
    told = _told()
    return tuple(name for wanted, name in told if size and wanted == size) or (
        tuple(name for wanted, name in told if size and not wanted)
    )


def all_own_models() -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _size, name in _told()))


def refuse_unknown_sizes(sizes: Collection[str]) -> None:
    """Raises ConfigurationError: what is given for a size that no route has would answer nothing."""
    if unknown := {size for size, _name in _told() if size and size not in sizes}:
        known = ", ".join(sizes)
        raise ConfigurationError(f"LINTEL_MODELS names the size {min(unknown)!r}; there are {known}.")


def _told() -> list[tuple[str, str]]:
    """Sizes, empty for all, and names."""
    words = (word.rpartition("=") for word in settings.LINTEL_MODELS)
    return [(size, name) for size, _mark, name in words]


def own_entry(providers: Mapping[str, ProviderEntry]) -> ModelEntry:
    """A model of which nothing is known but its name."""
    if PROVIDER not in providers:
        raise ConfigurationError(f"LINTEL_MODELS needs a provider named {PROVIDER!r} in the catalogue.")
    return ModelEntry(
        provider=PROVIDER,
        context_window=settings.LINTEL_CONTEXT_WINDOW,
        max_output_tokens=settings.LINTEL_CONTEXT_WINDOW,
        capabilities=CAPABILITIES,
        unpriced=True,
        thought_tokens=THOUGHT_TOKENS,
        first_text_s=FIRST_TEXT_SECONDS,
    )
