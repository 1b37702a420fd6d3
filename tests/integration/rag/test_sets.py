"""A set's index is the one that searches of the set use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connections, transaction

from ai.rag import sets
from ai.rag.models import EmbeddingSet
from tests.integration.rag.library import ALICE, put, put_vector

SEARCH = """
EXPLAIN SELECT chunk_id FROM ai_rag_knowledgevector WHERE embedding_set_id = {set} AND live
ORDER BY embedding::vector(3) <=> '[1,0,0]'::vector(3) LIMIT 5
"""


@pytest.fixture
def small(committed: None) -> Iterator[EmbeddingSet]:
    made = sets.make("of three", 3, using="owner")
    yield made
    drop(made)


def plan(of_set: EmbeddingSet) -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_sort = off")
        cursor.execute(SEARCH.format(set=of_set.pk))
        lines = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
        cursor.execute("RESET enable_sort")
    return lines


def test_a_search_uses_the_index_of_its_set(small: EmbeddingSet) -> None:
    put_vector(put("a", owner=ALICE), [1, 0, 0], small)
    assert f"Index Scan using {small.index_name}" in plan(small)


def test_made_again_it_is_the_same(small: EmbeddingSet) -> None:
    assert sets.make("of three", 3, using="owner") == small == sets.active()


def test_another_set_grows_beside_it(small: EmbeddingSet) -> None:
    other = sets.make("of four", 4, using="owner")
    assert sets.active() == small
    sets.activate(other, using="owner")
    assert sets.active() == other
    drop(other)


def test_a_broken_index_is_made_anew(small: EmbeddingSet) -> None:
    """A writer that stays holds a concurrent build up until its patience ends."""
    drop(small)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    with transaction.atomic():
        put_vector(put("a", owner=ALICE), [1, 0, 0], small)
        with pytest.raises(OperationalError):
            sets.make("of three", 3, using="owner")
    assert not is_valid(small)
    sets.make("of three", 3, using="owner")
    assert is_valid(small)


def is_valid(of_set: EmbeddingSet) -> bool:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [of_set.index_name])
        return bool(cursor.fetchone()[0])


def drop(of_set: EmbeddingSet) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP INDEX {of_set.index_name}")


def test_no_index_takes_so_many_dimensions() -> None:
    with pytest.raises(ValueError, match="2000 dimensions, not 3072"):
        sets.make("text-embedding-3-large", 3072, using="owner")
