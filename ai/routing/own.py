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


def own_models(sizes: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """For each size the names given for it, else those given for all. A size that gets none keeps the catalogue's."""
    told = [word.rpartition("=") for word in settings.LINTEL_MODELS]
    if unknown := {size for size, mark, _name in told if mark and size not in sizes}:
        known = ", ".join(sizes)
        raise ConfigurationError(f"LINTEL_MODELS names the size {min(unknown)!r}; there are {known}.")
    for_all = tuple(name for _size, mark, name in told if not mark)
    own = {size: tuple(name for wanted, mark, name in told if mark and wanted == size) or for_all for size in sizes}
    return {size: names for size, names in own.items() if names}


def own_entry(providers: Mapping[str, ProviderEntry]) -> ModelEntry:
    """A model of which nothing is known but its name."""
    if PROVIDER not in providers:
        raise ConfigurationError(f"LINTEL_MODELS needs a provider named {PROVIDER!r} in the catalogue.")
    return ModelEntry(
        provider=PROVIDER,
        context_window=settings.LINTEL_CONTEXT_WINDOW,
        max_output_tokens=settings.LINTEL_CONTEXT_WINDOW,
        capabilities=CAPABILITIES,
        thought_tokens=THOUGHT_TOKENS,
        first_text_s=FIRST_TEXT_SECONDS,
    )
