"""The store that ships: vectors and words in Postgres, one embedding set, visibility in each of its queries.

Whoever may see little is answered exactly, over their own rows; whoever may see much, by the set's graph, which is
walked on until enough visible rows are found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.search import SearchVector
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Value

from ai.rag.crowds import known
from ai.rag.models import TEXT_SEARCH, EmbeddingSet, KnowledgeVector
from ai.rag.statements import Statements
from ai.rag.store import Entry, Hit, Vector, Viewer
from ai.rag.words import HALF, Words, words_of

EF_SEARCH = 100  # how widely the graph is walked at first
WALK = f"SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL hnsw.ef_search = {EF_SEARCH}; "


class PgVectorStore:
    """``exact_up_to`` visible rows are all compared."""

    def __init__(self, embedding_set: EmbeddingSet, *, exact_up_to: int | None = None) -> None:
        self._set = embedding_set
        self._exact_up_to = settings.LINTEL_EXACT_CHUNKS if exact_up_to is None else exact_up_to
        self._sql = Statements(embedding_set.pk, embedding_set.dimensions)

    def upsert(self, entries: Collection[Entry]) -> None:
        KnowledgeVector.objects.bulk_create(
            [self._row(entry) for entry in entries],
            update_conflicts=True,
            unique_fields=["chunk_id", "embedding_set"],
            update_fields=["knowledge_document_id", "subject", "scope", "visibility", "live", "embedding", "tsv"],
            batch_size=500,
        )

    def _row(self, entry: Entry) -> KnowledgeVector:
        return KnowledgeVector(
            chunk_id=entry.id,
            embedding_set=self._set,
            knowledge_document_id=entry.document,
            content_hash="",
            subject=entry.subject,
            scope=entry.scope,
            visibility=entry.visibility,
            live=True,
            embedding=list(entry.vector),
            tsv=SearchVector(Value(entry.words), config=TEXT_SEARCH),
        )

    def delete(self, ids: Collection[UUID]) -> None:
        KnowledgeVector.objects.filter(embedding_set=self._set, chunk_id__in=ids).delete()

    def search(self, vector: Vector, *, viewer: Viewer, limit: int) -> list[Hit]:
        """What the graph leaves short, as it gives up after some thousand hidden rows, is searched exactly."""
        asked = {**of_viewer(viewer), "vector": written(vector), "limit": limit}
        with _transaction(), connection.cursor() as cursor:
            if not self._few(cursor, viewer):
                hits = _hits(cursor, WALK + self._sql.nearest, asked)
                if len(hits) >= limit:
                    return hits
            return _hits(cursor, self._sql.exact, asked)

    def match(self, query: str, vector: Vector, *, viewer: Viewer, limit: int) -> list[Hit]:
        words = words_of(query)
        if words is None:
            return []
        asked = {**of_viewer(viewer), **of_words(words), "vector": written(vector), "limit": limit}
        with _transaction(), connection.cursor() as cursor:
            few = self._few(cursor, viewer)
            statement = self._sql.matching_among_few if few else self._sql.matching
            return _hits(cursor, statement, asked)

    def _few(self, cursor: CursorWrapper, viewer: Viewer) -> bool:
        def counted() -> bool:
            cursor.execute(self._sql.few, {**of_viewer(viewer), "most": self._exact_up_to})
            return bool(cursor.fetchone()[0])

        return known((self._set.pk, self._exact_up_to, viewer), counted)


def _transaction() -> AbstractContextManager[object]:
    """Within another no savepoint is made: each costs two journeys to the server."""
    return nullcontext() if connection.in_atomic_block else transaction.atomic()


def _hits(cursor: CursorWrapper, statement: str, asked: Mapping[str, Any]) -> list[Hit]:
    """Of the last statement, where there are several."""
    cursor.execute(statement, asked)
    while cursor.nextset():
        pass
    return [Hit(id=chunk, document=document, score=score) for chunk, document, score in cursor.fetchall()]


def of_viewer(viewer: Viewer) -> dict[str, Any]:
    return {"subject": viewer.subject, "scopes": list(viewer.scopes)}


def of_words(words: Words) -> dict[str, Any]:
    return {"query": words.query, "each": list(words.each), "weights": list(words.weights), "least": HALF}


def written(vector: Vector) -> str:
    return f"[{','.join(map(repr, map(float, vector)))}]"
