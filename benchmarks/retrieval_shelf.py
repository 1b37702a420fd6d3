"""Passages for `retrieval`: vectors in clusters, text by Zipf's law, and teams that share a part each."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection, connections, transaction
from numpy.typing import NDArray

from ai.rag import sets
from ai.rag.models import EmbeddingSet, KnowledgeDocument, State
from ai.rag.store import Viewer
from ai.rag.viewing import viewing

DIMENSIONS, CLUSTERS, SPREAD = 384, 500, 1.0
VOCABULARY, WORDS, OF_A_DOCUMENT, PORTION = 20_000, 60, 20, 1000
AUTHOR, READER = UUID(int=1), UUID(int=2)
SHARES = {"1 %": 0.01, "3 %": 0.03, "10 %": 0.1, "20 %": 0.2, "30 %": 0.3, "50 %": 0.5, "all": 1.0}
TEAMS = {name: (UUID(int=number), share) for number, (name, share) in enumerate(SHARES.items(), start=11)}
CHUNKS = """
INSERT INTO ai_rag_knowledgechunk (id, knowledge_document_id, version, generation, ordinal, text, heading_path, start,
    "end", content_hash, tokens, cited, created)
SELECT id, document, 1, 1, ordinal, text, '{}', ordinal * 1000, ordinal * 1000 + length(text), id::text, 80, false,
    now()
FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::text[]) AS given (id, document, ordinal, text)
"""
VECTORS = """
INSERT INTO ai_rag_knowledgevector (chunk_id, embedding_set_id, knowledge_document_id, content_hash, subject, scope,
    visibility, live, embedding, tsv)
SELECT given.id, %s, document, given.id::text, owner.subject, owner.scope, owner.visibility, true, vector::vector,
    to_tsvector('english', text)
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[]) AS given (id, document, text, vector)
JOIN ai_rag_knowledgedocument AS owner ON owner.id = given.document
"""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """``level`` is the smallest team that shares each passage, by its place in TEAMS."""

    of_set: EmbeddingSet
    vectors: Vectors
    texts: list[str]
    level: NDArray[np.int64]

    def viewer(self, name: str) -> Viewer:
        """A larger part has the smaller ones in it."""
        share = TEAMS[name][1]
        return Viewer(subject=READER, scopes=tuple(team for team, part in TEAMS.values() if part <= share))

    def visible(self, name: str) -> NDArray[np.bool_]:
        return np.asarray(self.level <= list(TEAMS).index(name))


def fill(size: int) -> Shelf:
    chance = np.random.default_rng(5)
    vectors, texts, levels = clustered(chance, size), written(chance, size), shared(chance, size)
    made = EmbeddingSet.objects.create(model="synthetic", dimensions=DIMENSIONS)
    KnowledgeDocument.objects.bulk_create(
        KnowledgeDocument(
            id=UUID(int=10**9 + number), source_type="bench", source=UUID(int=number), subject=AUTHOR,
            scope=list(TEAMS.values())[levels[number * OF_A_DOCUMENT]][0], visibility="team", wanted=1, indexed=1,
            generation=1, state=State.READY,
        )
        for number in range(size // OF_A_DOCUMENT)
    )  # fmt: skip
    for first in range(0, size, PORTION):
        put(range(first, min(first + PORTION, size)), made, vectors, texts)
    return Shelf(of_set=made, vectors=vectors, texts=texts, level=levels)


def index(made: EmbeddingSet) -> None:
    """After the rows are there, as it is made for another model beside the first."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        sets.make(made.model, made.dimensions, using="owner")
        cursor.execute("VACUUM ANALYZE ai_rag_knowledgevector, ai_rag_knowledgechunk, ai_rag_knowledgedocument")


def put(numbers: range, made: EmbeddingSet, vectors: Vectors, texts: list[str]) -> None:
    ids = [UUID(int=number + 1) for number in numbers]
    documents = [UUID(int=10**9 + number // OF_A_DOCUMENT) for number in numbers]
    places, said = [number % OF_A_DOCUMENT for number in numbers], [texts[number] for number in numbers]
    numerals = [literal(vectors[number]) for number in numbers]
    with transaction.atomic(), viewing(subject=AUTHOR, scopes=[]), connection.cursor() as cursor:
        cursor.execute(CHUNKS, [ids, documents, places, said])
        cursor.execute(VECTORS, [made.pk, ids, documents, said, numerals])


def literal(vector: Vectors) -> str:
    return f"[{','.join(f'{number:.6f}' for number in vector)}]"


def clustered(chance: np.random.Generator, size: int) -> Vectors:
    """About as near to its own cluster's middle as to half of the others of it; what is near in a document is alike."""
    middles = chance.standard_normal((CLUSTERS, DIMENSIONS))
    which = np.repeat(chance.integers(0, CLUSTERS, -(-size // OF_A_DOCUMENT)), OF_A_DOCUMENT)[:size]
    return unit(middles[which] + SPREAD * chance.standard_normal((size, DIMENSIONS)))


def unit(vectors: NDArray[np.float64]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def written(chance: np.random.Generator, size: int) -> list[str]:
    ranks = np.minimum(chance.zipf(1.2, (size, WORDS)), VOCABULARY)
    return [" ".join(f"word{rank}" for rank in row) for row in ranks]


def shared(chance: np.random.Generator, size: int) -> NDArray[np.int64]:
    """By documents."""
    parts = [part for _team, part in TEAMS.values()]
    lots = np.searchsorted(parts, chance.random(-(-size // OF_A_DOCUMENT)))
    return np.repeat(lots, OF_A_DOCUMENT)[:size]
