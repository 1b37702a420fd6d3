"""What can be wrong with the index's settings, said at start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseError

from ai.embedding_models import embedding_model
from ai.errors import ConfigurationError
from ai.rag import sets
from ai.rag.limits import LEAST_TOKENS, SPECIAL_TOKENS
from ai.types import EmbeddingModel


@register()
def check_embedding(**_: Any) -> list[CheckMessage]:
    try:
        model = embedding_model()
    except ConfigurationError as error:
        return [Error(str(error), id="ai_rag.E001")]
    return [] if model is None else list(embedding_messages(model, chunk_tokens=settings.LINTEL_CHUNK_TOKENS))


def embedding_messages(model: EmbeddingModel, *, chunk_tokens: int) -> Iterator[CheckMessage]:
    """``chunk_tokens`` 0: what the model takes."""
    most = model.window - SPECIAL_TOKENS
    if chunk_tokens and not LEAST_TOKENS <= chunk_tokens <= most:
        said = f"LINTEL_CHUNK_TOKENS={chunk_tokens}: {model.name} reads {most} tokens of a passage, and the rest not."
        hint = f"Set {LEAST_TOKENS} to {most}, or leave it out."
        yield Error(said, hint=hint, id="ai_rag.E002")
    if not 0 < model.dimensions <= sets.LARGEST:
        said = f"LINTEL_EMBEDDING_DIMENSIONS={model.dimensions}: an index takes 1 to {sets.LARGEST}."
        yield Error(said, id="ai_rag.E003")


@register(Tags.database)
def check_set(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Documents and searches wait where the active set is another model's."""
    if "default" not in (databases or ()) or check_embedding():
        return []
    model = embedding_model()
    try:
        active = sets.active()
    except DatabaseError:  # it waits for its first migration
        return []
    if model is None or (active and (active.model, active.dimensions) == (model.name, model.dimensions)):
        return []
    said = f"The active embedding set is {active or 'none'}, and {model.name} ({model.dimensions}) is configured."
    hint = "`manage.py embedding_set --activate` makes its set and has every document embedded again."
    return [Error(said, hint=hint, id="ai_rag.E004")]
