"""Finding passages for a vector and its words, as one viewer sees them at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from ai.rag.context import Passage, Way
from ai.rag.fusion import reciprocal_rank_fusion
from ai.rag.models import KnowledgeChunk
from ai.rag.store import Hit, Vector, VectorStore, Viewer, WordIndex
from ai.rag.viewing import viewing_one_moment

DEPTH = 4  # times as many as are wanted, at least LEAST: so deep each ranking is read before they are fused
LEAST = 40
SHOWN = (
    "ordinal", "start", "end", "text", "heading_path", "version", "knowledge_document__indexed",
    "knowledge_document__title", "knowledge_document__source_type", "knowledge_document__source",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    id: UUID
    score: float
    fused: float
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``passages``, the best first; ``neighbours`` stand before or behind one of them.

    ``ranked`` passages were in the ranking: fewer than were wanted only where the viewer may see no more.
    """

    passages: tuple[Passage, ...] = ()
    neighbours: tuple[Passage, ...] = ()
    ranked: int = 0


def look(
    query: str,
    vector: Vector,
    *,
    store: VectorStore,
    viewer: Viewer,
    top_k: int,
    min_score: float,
    neighbours: bool = False,
    words: bool = True,
) -> Found:
    """``words`` says whether a store that finds by words is asked to.

    What is searched and what is then read belong to the same version of each document.
    """
    with viewing_one_moment(subject=viewer.subject, scopes=viewer.scopes):
        ranked = ranking(query if words else "", vector, store=store, viewer=viewer, top_k=top_k)
        passages = read([each for each in ranked if each.score >= min_score][:top_k])
        beside_them = beside(passages) if neighbours else ()
        return Found(passages=passages, neighbours=beside_them, ranked=len(ranked))


def ranking(query: str, vector: Vector, *, store: VectorStore, viewer: Viewer, top_k: int) -> list[Ranked]:
    """By vector and by words, fused; each with its cosine, however it was found."""
    depth = max(DEPTH * top_k, LEAST)
    nearest = store.search(vector, viewer=viewer, limit=depth)
    matched: list[Hit] = []
    if query and isinstance(store, WordIndex):
        matched = store.match(query, vector, viewer=viewer, limit=depth)
    scores = {hit.id: hit.score for hit in [*matched, *nearest]}
    fused = reciprocal_rank_fusion([[hit.id for hit in nearest], [hit.id for hit in matched]])
    ways: dict[UUID, tuple[Way, ...]] = {hit.id: ("vector",) for hit in nearest}
    for hit in matched:
        ways[hit.id] = (*ways.get(hit.id, ()), "words")
    return [Ranked(id=each, score=scores[each], fused=score, ways=ways[each]) for each, score in fused]


def read(ranked: Sequence[Ranked]) -> tuple[Passage, ...]:
    """In the viewer's name: a passage that row-level security hides is not there."""
    chunks = {chunk.pk: chunk for chunk in _chunks(Q(pk__in=[each.id for each in ranked]))}
    return tuple(
        passage_of(chunks[each.id], score=each.score, fused=each.fused, ways=each.ways)
        for each in ranked
        if each.id in chunks
    )


def beside(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Those that are current, and are not among the given."""
    wanted = Q(pk__in=[])
    for passage in passages:
        places = [passage.position - 1, passage.position + 1]
        wanted |= Q(knowledge_document=passage.document, ordinal__in=places)
    there = {passage.chunk for passage in passages}
    chunks = _chunks(wanted & Q(superseded=None))
    return tuple(passage_of(chunk) for chunk in chunks if chunk.pk not in there)


def _chunks(wanted: Q) -> Sequence[KnowledgeChunk]:
    there = KnowledgeChunk.objects.filter(wanted).select_related("knowledge_document").order_by("pk")
    return list(there.only(*SHOWN))


def passage_of(
    chunk: KnowledgeChunk, *, score: float | None = None, fused: float = 0.0, ways: tuple[Way, ...] = ()
) -> Passage:
    document = chunk.knowledge_document
    return Passage(
        chunk=chunk.pk,
        document=document.pk,
        position=chunk.ordinal,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        headings=tuple(chunk.heading_path),
        title=document.title,
        source_type=document.source_type,
        source=document.source,
        version=chunk.version if document.indexed is None else document.indexed,
        score=score,
        fused=fused,
        ways=ways,
    )
