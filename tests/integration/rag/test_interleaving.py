"""Many viewers over few connections: what one transaction may see is never left to the next."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import DataError, connection

from ai.rag import sets
from ai.rag.calibration import EVERYTHING
from ai.rag.looking import look
from ai.rag.models import EmbeddingSet, KnowledgeChunk
from ai.rag.pgvector_store import PgVectorStore
from ai.rag.store import Viewer
from ai.rag.viewing import viewing
from tests.integration.rag.library import put, put_vector
from tests.integration.rag.test_looking import EAST

VIEWERS = [UUID(int=number) for number in range(1, 6)]
CONNECTIONS, TURNS = 2, 200


@pytest.fixture
def shelf(committed: None, of_four: EmbeddingSet) -> EmbeddingSet:
    again = sets.make(of_four.model, 4, using="owner")
    for viewer in VIEWERS:
        for number in range(3):
            put_vector(put(f"{viewer} {number}", owner=viewer), EAST, again)
    return again


def searched(shelf: EmbeddingSet, viewer: UUID) -> set[str]:
    eyes = Viewer(subject=viewer)
    found = look("", EAST, store=PgVectorStore(shelf), viewer=eyes, top_k=9, min_score=EVERYTHING)
    return {passage.text for passage in found.passages}


def read(_shelf: EmbeddingSet, viewer: UUID) -> set[str]:
    with viewing(subject=viewer, scopes=[]):
        return set(KnowledgeChunk.objects.values_list("text", flat=True))


def broken_off(_shelf: EmbeddingSet, viewer: UUID) -> set[str]:
    with pytest.raises(DataError), viewing(subject=viewer, scopes=[]), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    return own(viewer)


def in_nobodys_name(_shelf: EmbeddingSet, viewer: UUID) -> set[str]:
    return own(viewer) | set(KnowledgeChunk.objects.values_list("text", flat=True))


def own(viewer: UUID) -> set[str]:
    return {f"{viewer} {number}" for number in range(3)}


def test_no_turn_sees_what_is_anothers(shelf: EmbeddingSet) -> None:
    chance = random.Random(11)
    turns = [
        (chance.choice([searched, read, broken_off, in_nobodys_name]), chance.choice(VIEWERS)) for _turn in range(TURNS)
    ]
    with ThreadPoolExecutor(CONNECTIONS, initializer=connection.ensure_connection) as pool:
        seen = list(pool.map(lambda turn: turn[0](shelf, turn[1]), turns))
        list(pool.map(lambda _turn: connection.close(), range(CONNECTIONS)))
    assert [each for each, (_what, viewer) in zip(seen, turns, strict=True) if each != own(viewer)] == []
