"""Each search has an index for each of its ways, and Postgres takes it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from pytest_django.plugin import DjangoDbBlocker

from ai.rag.models import EmbeddingSet, KnowledgeVector, Visibility
from ai.rag.pgvector_store import WALK, PgVectorStore, of_viewer, of_words, written
from ai.rag.statements import Statements
from ai.rag.store import Entry, Viewer
from ai.rag.words import Words

ALICE, TEAM, MANY = UUID(int=1), UUID(int=11), UUID(int=12)
LITTLE, MUCH = Viewer(subject=ALICE, scopes=(TEAM,)), Viewer(subject=ALICE, scopes=(TEAM, MANY))
ROWS = 3000
SEVEN = Words(query="'number7'", each=("'number7'",), weights=(1.0,))
ANALYZE = "ANALYZE ai_rag_knowledgevector"


@pytest.fixture(scope="module")
def filled(of_four: EmbeddingSet, django_db_blocker: DjangoDbBlocker) -> Iterator[EmbeddingSet]:
    """Some are alice's, some her team's, some everybody's; most are of a team that she is not always in.

    Committed, as the tables' owner alone may gather statistics.
    """
    chance = random.Random(3)
    with django_db_blocker.unblock(), connections["owner"].cursor() as owner:
        PgVectorStore(of_four).upsert([entry(chance, number) for number in range(ROWS)])
        owner.execute(ANALYZE)
        yield of_four
        KnowledgeVector.objects.all().delete()
        owner.execute(ANALYZE)
    connections["default"].close()


def entry(chance: random.Random, number: int) -> Entry:
    other = Entry(
        id=UUID(int=10_000 + number),
        document=UUID(int=20_000 + number // 10),
        subject=UUID(int=100 + number),
        scope=MANY,
        visibility=Visibility.TEAM,
        vector=[chance.gauss(0, 1) for _dimension in range(4)],
        words=f"pump number{number}",
    )
    match number % 100:
        case 0:
            return replace(other, subject=ALICE, visibility=Visibility.PRIVATE)
        case 1:
            return replace(other, scope=TEAM)
        case 2:
            return replace(other, visibility=Visibility.ALL)
    return other


def plan(made: EmbeddingSet, name: str, *, viewer: Viewer = LITTLE, **values: object) -> str:
    asked: dict[str, Any] = {"vector": written([1.0] * 4), "limit": 10, "most": 5000, **of_words(SEVEN), **values}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WALK)
        cursor.execute("EXPLAIN " + getattr(Statements(made.pk, 4), name), {**of_viewer(viewer), **asked})
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_nearest_of_many_are_found_by_the_graph_of_the_set(filled: EmbeddingSet) -> None:
    chosen = plan(filled, "nearest", viewer=MUCH)
    assert f"Index Scan using {filled.index_name}" in chosen, chosen


@pytest.mark.parametrize("name", ["few", "exact"])
def test_the_few_are_found_by_whose_they_are(filled: EmbeddingSet, name: str) -> None:
    chosen = plan(filled, name)
    assert all(index in chosen for index in ("vector_of_owner", "vector_of_team", "vector_of_everybody")), chosen
    assert "Seq Scan" not in chosen


def test_words_are_found_by_their_index(filled: EmbeddingSet) -> None:
    chosen = plan(filled, "matching", viewer=MUCH)
    assert "vector_text" in chosen, chosen


def test_words_among_few_need_no_look_at_all_rows(filled: EmbeddingSet) -> None:
    assert "Seq Scan" not in plan(filled, "matching_among_few")


def test_scores_of_what_words_found_are_found_by_id(filled: EmbeddingSet) -> None:
    chosen = plan(filled, "matching", viewer=MUCH)
    assert "ai_rag_knowledgevector_pkey" in chosen, chosen
