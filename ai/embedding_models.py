"""Which embedding model this installation has, from its settings."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from ai.errors import ConfigurationError
from ai.types import EmbeddingModel, ModelPrice, ProviderSpec

EMBEDDED = "all-MiniLM-L6-v2-onnx-int8"
DEFAULT = "text-embedding-3-small"
# Dimensions and window. What OpenAI's large model has by itself is more than an index takes.
KNOWN = {
    EMBEDDED: (384, 256),
    DEFAULT: (1536, 8191),
    "text-embedding-3-large": (1536, 8191),
    "text-embedding-ada-002": (1536, 8191),
}
OWN_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}  # and any fewer that they are told
SMALLEST_WINDOW = 512  # of a model that nobody knows
DENSE = 1.4  # its tokens over our estimate of them: vocabularies of small models are small
FREE = ModelPrice(input=Decimal(0), output=Decimal(0), cache_read=Decimal(0), cache_write=Decimal(0))


def embedding_model() -> EmbeddingModel | None:
    """None where nothing is configured. Raises ConfigurationError."""
    name = settings.LINTEL_EMBEDDING_MODEL
    if settings.LINTEL_EMBEDDING_BASE_URL:
        return _told(name, ProviderSpec(
            name="embeddings", kind="openai", base_url=settings.LINTEL_EMBEDDING_BASE_URL,
            api_key_setting="LINTEL_EMBEDDING_API_KEY",
        ))  # fmt: skip
    if name == EMBEDDED or (not name and not _openai()):
        return _embedded() if settings.LINTEL_EMBEDDED_TOKENIZER else None
    if not _openai() and not settings.LINTEL_OPENAI_BASE_URL:
        raise ConfigurationError(f"LINTEL_EMBEDDING_MODEL={name!r} has nobody to ask: set LINTEL_EMBEDDING_BASE_URL.")
    return _told(name or DEFAULT, ProviderSpec(
        name="openai", kind="openai", base_url=settings.LINTEL_OPENAI_BASE_URL,
        api_key_setting="LINTEL_OPENAI_API_KEY", price_source="openai",
    ))  # fmt: skip


def _openai() -> bool:
    """A server of one's own in OpenAI's place may have no such model: there its name must be told."""
    told = bool(settings.LINTEL_EMBEDDING_MODEL)
    return bool(settings.LINTEL_OPENAI_API_KEY) and (told or not settings.LINTEL_OPENAI_BASE_URL)


def _told(name: str | None, provider: ProviderSpec) -> EmbeddingModel:
    if not name:
        raise ConfigurationError(
            "LINTEL_EMBEDDING_BASE_URL needs LINTEL_EMBEDDING_MODEL: which model to ask for there."
        )
    dimensions, window = KNOWN.get(name, (0, 0))
    dimensions = settings.LINTEL_EMBEDDING_DIMENSIONS or dimensions
    if not dimensions:
        raise ConfigurationError(f"LINTEL_EMBEDDING_DIMENSIONS must say how long the vectors of {name!r} are.")
    return EmbeddingModel(
        name=name,
        provider=provider,
        dimensions=dimensions,
        window=settings.LINTEL_EMBEDDING_WINDOW or window or SMALLEST_WINDOW,
        shortened=dimensions < OWN_DIMENSIONS.get(name, 0),
        token_factor=1.0 if name in KNOWN else DENSE,
    )


def _embedded() -> EmbeddingModel:
    dimensions, window = KNOWN[EMBEDDED]
    return EmbeddingModel(
        name=EMBEDDED,
        provider=ProviderSpec(name="embedded", kind="onnx", base_url=None, api_key_setting=None, demonstration=True),
        dimensions=dimensions,
        window=window,
        prices=(FREE,),
    )
