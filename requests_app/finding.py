"""Requests that search: no model writes anything, the passages that are found are the answer.

Kept is which passages, and their scores. Their text is read when somebody looks, in the asker's name, and so goes with
its document and with the right to see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import ngettext

from ai.embedding_models import embedding_model
from ai.models import PromptTemplate
from ai.prompts.registry import stored_prompt
from ai.providers.base import Embedder
from ai.providers.embedders import embedder_for
from ai.rag import query_cache, sets
from ai.rag.calibration import minimum_of
from ai.rag.context import Passage
from ai.rag.looking import look, passage_of
from ai.rag.models import EmbeddingSet, KnowledgeChunk
from ai.rag.pgvector_store import PgVectorStore
from ai.rag.retrieval import as_asked, fitting, model_of
from ai.rag.store import Vector
from ai.tokens import estimate
from ai.types import JSON, EmbeddingModel, ModelSpec
from requests_app import sources
from requests_app.models import AIRequest, Status

PROMPT = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a request looks for. ``min_score`` None is the embedding model's own."""

    text: str
    top_k: int
    min_score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToEmbed:
    """As much of the beginning of a search's text as the model reads."""

    text: str
    tokens: int
    model: EmbeddingModel
    embedder: Embedder


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Its vector is known, or else what makes it."""

    asked: str
    chosen: EmbeddingSet
    vector: Vector | None
    to_embed: ToEmbed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What was found, as it is kept. ``ranked`` is how many passages there were to choose from."""

    passages: tuple[Passage, ...] = ()
    ranked: int = 0
    min_score: float | None = None

    @property
    def sentence(self) -> str:
        count = len(self.passages)
        return ngettext("%(count)d passage found.", "%(count)d passages found.", count) % {"count": count}

    @property
    def output(self) -> JSON:
        return {
            "passages": [
                {"chunk": str(each.chunk), "score": each.score, "found_by": list(each.ways)} for each in self.passages
            ],
            "ranked": self.ranked,
            "min_score": self.min_score,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """``passage`` is None where it has gone since, or its asker may see it no more."""

    rank: int
    score: float
    found_by: tuple[str, ...]
    passage: Passage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """``visible`` is how many passages the asker could see, where that was fewer than were wanted; else None."""

    hits: tuple[Hit, ...]
    visible: int | None
    min_score: float | None

    @property
    def gone(self) -> int:
        return sum(hit.passage is None for hit in self.hits)


def route() -> tuple[ModelSpec, ...]:
    model = embedding_model()
    return () if model is None else (model.spec,)


def model_named(name: str) -> ModelSpec | None:
    return next((spec for spec in route() if spec.name == name), None)


def needed(template: PromptTemplate, payload: JSON, route: Sequence[ModelSpec]) -> int:
    """Tokens of the input: a longer text is asked by its beginning."""
    text = search_of(template, payload).text
    return max(min(estimate(text, spec), spec.context_window) for spec in route)


def search_of(template: PromptTemplate, payload: Mapping[str, Any]) -> Search:
    spec = template.spec
    if spec.search is None:
        raise ValueError(f"{template} asks a model.")
    values = {**spec.defaults, **payload}
    least = values["min_score"]
    return Search(
        text=values[spec.search.query],
        top_k=int(values["top_k"]),
        min_score=None if least is None else float(least),
    )


def searched(request: AIRequest) -> Search | None:
    """What the request looks for; None where it asks a model. One whose content was erased looks for nothing."""
    template = stored_prompt(request.template_id)
    if template.spec.search is None or not request.payload:
        return None
    return search_of(template, request.payload)


def begin(search: Search) -> Begun | None:
    """None where nothing was ever indexed. On a thread: it may import an SDK. Raises ConfigurationError."""
    asked, chosen = as_asked(search.text), sets.active()
    if not asked or chosen is None:
        return None
    vector = query_cache.known(chosen.pk, asked)
    return Begun(asked=asked, chosen=chosen, vector=vector, to_embed=None if vector else _to_embed(asked, chosen))


def _to_embed(asked: str, chosen: EmbeddingSet) -> ToEmbed:
    model = model_of(chosen)
    embedder = embedder_for(model)
    text = fitting(asked, embedder.count, model)
    return ToEmbed(text=text, tokens=embedder.count([text])[0], model=model, embedder=embedder)


def find(request: AIRequest, search: Search, begun: Begun, vector: Vector | None) -> Listed:
    """In the name of the request's user, as a member of the teams of now."""
    if vector is None:
        raise ValueError("A search needs the vector of its question.")
    if begun.vector is None:
        vector = query_cache.keep(begun.chosen.pk, begun.asked, vector)
    least = minimum_of(begun.chosen.model) if search.min_score is None else search.min_score
    found = look(
        begun.asked,
        vector,
        store=PgVectorStore(begun.chosen),
        viewer=sources.viewer_of(request.user_id),
        top_k=search.top_k,
        min_score=least,
    )
    return Listed(passages=found.passages, ranked=found.ranked, min_score=least)


def hits_of(request: AIRequest) -> Hits | None:
    """As its asker may see them now; None where it has not found any, or its content was erased."""
    search = searched(request)
    if search is None or request.status != Status.DONE or request.output is None:
        return None
    rows, ranked = request.output["passages"], request.output["ranked"]
    passages = _passages(request, [UUID(row["chunk"]) for row in rows])
    return Hits(
        hits=tuple(_hit(rank, row, passages) for rank, row in enumerate(rows, start=1)),
        visible=ranked if ranked < search.top_k else None,
        min_score=request.output["min_score"],
    )


def _hit(rank: int, row: Mapping[str, Any], passages: Mapping[str, Passage]) -> Hit:
    return Hit(rank=rank, score=row["score"], found_by=tuple(row["found_by"]), passage=passages.get(row["chunk"]))


def _passages(request: AIRequest, chunks: Sequence[UUID]) -> dict[str, Passage]:
    with sources.seeing(request):
        rows = KnowledgeChunk.objects.filter(pk__in=chunks).select_related("knowledge_document")
        return {str(row.pk): passage_of(row) for row in rows}
