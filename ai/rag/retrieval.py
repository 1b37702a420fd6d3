"""The front door of search: passages that answer a question, of those that somebody may see. For workers alone.

found = retrieve(question, scope=Viewer(subject=user, scopes=teams), team=team, neighbours=True)
context = build_context([*found.passages, *found.neighbours], budget_tokens=2000)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from ai.embedding import Embedding
from ai.embedding_models import embedding_model
from ai.errors import ConfigurationError
from ai.handlers import refuse_inside
from ai.meter import Account
from ai.rag import sets
from ai.rag.calibration import minimum_of
from ai.rag.looking import Found, look
from ai.rag.models import EmbeddingSet
from ai.rag.pgvector_store import PgVectorStore
from ai.rag.query_cache import kept
from ai.rag.store import Vector, VectorStore, Viewer
from ai.storable import UNSTORABLE
from ai.types import EmbeddingModel

TOP_K = 8
ACTION = "retrieve"
EXPIRES_S = 300.0
SPARE_TOKENS = 2  # that models put around a text


def retrieve(
    query: str,
    *,
    scope: Viewer,
    team: UUID,
    top_k: int = TOP_K,
    min_score: float | None = None,
    neighbours: bool = False,
    store: VectorStore | None = None,
) -> Found:
    """The best ``top_k`` passages, those below ``min_score`` left out; None is the embedding model's own minimum.

    ``team`` pays for the question's vector. Where nothing was ever indexed, nothing is found and nobody is called.
    Raises NotEmbedded, ConfigurationError, and what the meter refuses with.
    """
    refuse_inside()
    asked, chosen = as_asked(query), sets.active()
    if not asked or chosen is None:
        return Found()
    vector = kept(chosen.pk, asked, lambda: embedded(asked, model_of(chosen), subject=scope.subject, team=team))
    return look(
        asked,
        vector,
        store=store or PgVectorStore(chosen),
        viewer=scope,
        top_k=top_k,
        min_score=minimum_of(chosen.model) if min_score is None else min_score,
        neighbours=neighbours,
    )


def as_asked(query: str) -> str:
    return UNSTORABLE.sub(" ", query).strip()


def embedded(query: str, model: EmbeddingModel, *, subject: UUID, team: UUID) -> Vector:
    """Of as much of its beginning as the model reads."""
    account = Account(reference=uuid7(), subject=subject, scope=team, expires_s=EXPIRES_S)
    with Embedding(model=model, account=account, action=ACTION) as embedding:
        [vector] = embedding.embed([fitting(query, embedding.count, model)])
    return vector


def fitting(query: str, count: Callable[[Sequence[str]], Sequence[int]], model: EmbeddingModel) -> str:
    most = model.window - SPARE_TOKENS
    while (tokens := count([query])[0]) > most:
        query = query[: len(query) * most // tokens]
    return query


def model_of(chosen: EmbeddingSet) -> EmbeddingModel:
    model = embedding_model()
    if model is None or (model.name, model.dimensions) != (chosen.model, chosen.dimensions):
        told = "no model" if model is None else f"{model.name} ({model.dimensions})"
        raise ConfigurationError(f"Searches ask the embedding set {chosen}, but the settings name {told}.")
    return model
