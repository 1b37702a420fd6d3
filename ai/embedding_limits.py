"""The embedding model as breakers and limits know it: what rows of the catalogue by its names say of a minute holds."""

from __future__ import annotations

from dataclasses import replace

from ai.routing import current
from ai.types import EmbeddingModel, ModelSpec


def spec_with_limits(model: EmbeddingModel) -> ModelSpec:
    catalogue = current()
    spec = model.spec
    if listed := catalogue.providers.get(spec.provider.name):
        provider = replace(
            spec.provider,
            requests_per_minute=listed.requests_per_minute,
            tokens_per_minute=listed.tokens_per_minute,
        )
        spec = replace(spec, provider=provider)
    if known := catalogue.models.get(spec.name):
        spec = replace(spec, requests_per_minute=known.requests_per_minute, tokens_per_minute=known.tokens_per_minute)
    return spec
