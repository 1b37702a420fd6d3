"""A new generation of a document becomes what is found of it, in one commit: the old whole or the new whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from ai.clock import DatabaseClock
from ai.rag.chunking import Piece
from ai.rag.claims import Claim, ClaimLost
from ai.rag.models import EmbeddingSet, KnowledgeChunk, KnowledgeDocument, KnowledgeVector, State
from ai.rag.staging import supersede, tell_superseded
from ai.rag.viewing import viewing

# A waiting vector gets its passage's number; where two passages say the same, the second gets a copy.
PLACE = """
WITH wanted AS (
    SELECT chunk_id, content_hash, row_number() OVER (PARTITION BY content_hash ORDER BY chunk_id) AS turn
    FROM unnest(%(chunks)s::uuid[], %(hashes)s::text[]) AS wanted (chunk_id, content_hash)
), waiting AS (
    SELECT chunk_id, content_hash, row_number() OVER (PARTITION BY content_hash ORDER BY chunk_id) AS turn
    FROM ai_rag_knowledgevector
    WHERE knowledge_document_id = %(document)s AND embedding_set_id = %(set)s AND NOT live
)
UPDATE ai_rag_knowledgevector AS vector SET chunk_id = wanted.chunk_id, live = true
FROM waiting JOIN wanted USING (content_hash, turn)
WHERE vector.chunk_id = waiting.chunk_id AND vector.embedding_set_id = %(set)s
"""
COPY = """
INSERT INTO ai_rag_knowledgevector (chunk_id, embedding_set_id, knowledge_document_id, content_hash, subject, scope,
    visibility, live, embedding, tsv)
SELECT wanted.chunk_id, twin.embedding_set_id, twin.knowledge_document_id, twin.content_hash, twin.subject, twin.scope,
    twin.visibility, true, twin.embedding, twin.tsv
FROM unnest(%(chunks)s::uuid[], %(hashes)s::text[]) AS wanted (chunk_id, content_hash)
CROSS JOIN LATERAL (
    SELECT * FROM ai_rag_knowledgevector AS one WHERE one.knowledge_document_id = %(document)s
    AND one.embedding_set_id = %(set)s AND one.content_hash = wanted.content_hash LIMIT 1
) AS twin
ON CONFLICT DO NOTHING
"""
MOVE = """
UPDATE ai_rag_knowledgechunk AS chunk SET ordinal = place.ordinal, start = place.start, "end" = place.past
FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::int[]) AS place (id, ordinal, start, past) WHERE chunk.id = place.id
"""


class VectorsMissing(Exception):
    """A passage without a vector would never be found, and nobody would know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The passages of the new generation in order, each with its number: those of before keep theirs."""

    kept: tuple[tuple[KnowledgeChunk, int, Piece], ...]
    new: tuple[tuple[UUID, int, Piece], ...]
    gone: tuple[UUID, ...]


def publish(claim: Claim, cut: Sequence[Piece], target: EmbeddingSet) -> None:
    """Raises ClaimLost. What takes long comes before the document's row is locked, for a save waits for that."""
    with transaction.atomic(), viewing(subject=claim.subject, scopes=[]):
        current = KnowledgeChunk.objects.filter(knowledge_document=claim.id, superseded=None)
        plan = plan_of(current.order_by("ordinal"), cut)
        complete = _place_vectors(claim, plan, target)
        document = _hold(claim)
        if not complete:
            raise VectorsMissing(f"document {claim.id}")
        generation = document.generation + 1
        KnowledgeChunk.objects.bulk_create(_chunk(claim, generation, *each) for each in plan.new)
        _move(plan)
        supersede(KnowledgeChunk.objects.filter(pk__in=plan.gone), generation=generation)
        if document.indexed not in (None, claim.version):  # else it was cut anew, and says the same
            tell_superseded(claim.id, version=claim.version)
        mine = KnowledgeVector.objects.filter(knowledge_document_id=claim.id)
        mine.filter(chunk_id__in=plan.gone).delete()
        mine.filter(embedding_set=target, live=False).delete()
        mine.update_where_unlike(document)
        _finish(claim, generation, len(cut), target)


def plan_of(current: Iterable[KnowledgeChunk], cut: Sequence[Piece]) -> Plan:
    """Passages that say the same are the same: the first of before is the first of now."""
    before: dict[str, list[KnowledgeChunk]] = defaultdict(list)
    for chunk in current:
        before[chunk.content_hash].append(chunk)
    kept: list[tuple[KnowledgeChunk, int, Piece]] = []
    new: list[tuple[UUID, int, Piece]] = []
    for ordinal, piece in enumerate(cut):
        if same := before[piece.content_hash]:
            kept.append((same.pop(0), ordinal, piece))
        else:
            new.append((uuid7(), ordinal, piece))
    gone = tuple(chunk.pk for left in before.values() for chunk in left)
    return Plan(kept=tuple(kept), new=tuple(new), gone=gone)


def _place_vectors(claim: Claim, plan: Plan, target: EmbeddingSet) -> bool:
    """Whether each passage has its own now."""
    places = [(chunk.pk, piece.content_hash) for chunk, _ordinal, piece in plan.kept]
    there = KnowledgeVector.objects.filter(embedding_set=target, chunk_id__in=[pk for pk, _hash in places], live=True)
    have = set(there.values_list("chunk_id", flat=True))
    places = [each for each in places if each[0] not in have]
    places += [(number, piece.content_hash) for number, _ordinal, piece in plan.new]
    given: dict[str, Any] = {
        "chunks": [number for number, _hash in places],
        "hashes": [content_hash for _number, content_hash in places],
        "document": claim.id,
        "set": target.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(PLACE, given)
        placed = cursor.rowcount
        cursor.execute(COPY, given)
        return bool(placed + cursor.rowcount == len(places))


def _hold(claim: Claim) -> KnowledgeDocument:
    """Ours still, and locked from here to the commit."""
    document = claim.row.filter(wanted=claim.version).select_for_update().first()
    if document is None:
        raise ClaimLost
    return document


def _chunk(claim: Claim, generation: int, number: UUID, ordinal: int, piece: Piece) -> KnowledgeChunk:
    return KnowledgeChunk(
        id=number,
        knowledge_document_id=claim.id,
        version=claim.version,
        generation=generation,
        ordinal=ordinal,
        text=piece.text,
        heading_path=list(piece.heading_path),
        start=piece.start,
        end=piece.end,
        content_hash=piece.content_hash,
        tokens=piece.tokens,
    )


def _move(plan: Plan) -> None:
    """What says the same may stand elsewhere now: after an edit all that follows does."""
    moved = [
        (chunk.pk, ordinal, piece.start, piece.end)
        for chunk, ordinal, piece in plan.kept
        if (chunk.ordinal, chunk.start, chunk.end) != (ordinal, piece.start, piece.end)
    ]
    if moved:
        with connection.cursor() as cursor:
            cursor.execute(MOVE, [list(column) for column in zip(*moved, strict=True)])


def _finish(claim: Claim, generation: int, passages: int, target: EmbeddingSet) -> None:
    claim.row.update(
        state=State.READY,
        indexed=claim.version,
        indexed_at=DatabaseClock(),
        embedding_set=target,
        generation=generation,
        done=passages,
        total=passages,
        taken_until=None,
        failures=0,
        error_code="",
        error="",
    )
