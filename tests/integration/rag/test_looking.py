"""What a search gives: the fused best that the viewer may see, their scores, and what stands beside them."""

from __future__ import annotations

import math
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from ai.rag.calibration import EVERYTHING
from ai.rag.looking import Found, look
from ai.rag.models import EmbeddingSet, KnowledgeChunk
from ai.rag.pgvector_store import PgVectorStore
from ai.rag.store import Hit, Vector, Viewer
from ai.rag.viewing import viewing
from tests.integration.rag.library import ALICE, BOB, GUESTS, MALLORY, STAFF, put, put_vector

pytestmark = pytest.mark.django_db

EAST = [1.0, 0.0, 0.0, 0.0]


def add(
    of_set: EmbeddingSet, text: str, *, angle: float = 0.0, owner: UUID = ALICE, visibility: str = "private"
) -> None:
    chunk = put(text, owner=owner, visibility=visibility)
    put_vector(chunk, [math.cos(angle), math.sin(angle), 0, 0], of_set)


def find(
    of_set: EmbeddingSet, query: str = "", *, viewer: UUID = ALICE, scopes: tuple[UUID, ...] = (), top_k: int = 10,
    min_score: float = EVERYTHING, neighbours: bool = False,
) -> Found:  # fmt: skip
    eyes = Viewer(subject=viewer, scopes=scopes)
    return look(
        query, EAST, store=PgVectorStore(of_set), viewer=eyes, top_k=top_k, min_score=min_score, neighbours=neighbours
    )


def texts(found: Found) -> list[str]:
    return [passage.text for passage in found.passages]


def test_nearest_comes_first_with_its_score(of_four: EmbeddingSet) -> None:
    add(of_four, "far", angle=1)
    add(of_four, "near", angle=0.5)
    found = find(of_four)
    assert texts(found) == ["near", "far"]
    assert [passage.score for passage in found.passages] == pytest.approx([math.cos(0.5), math.cos(1)], abs=1e-5)


def test_words_lift_what_vectors_alone_do_not(of_four: EmbeddingSet) -> None:
    for number in range(3):
        add(of_four, f"a pump that hums {number}", angle=number / 10)
    add(of_four, "error E17", angle=1)
    assert texts(find(of_four))[0] == "a pump that hums 0"
    assert texts(find(of_four, "what is E17?"))[0] == "error E17"


def test_what_words_alone_found_has_a_score_too(of_four: EmbeddingSet) -> None:
    for number in range(50):
        add(of_four, f"hum {number}", angle=number / 100)
    add(of_four, "error E17", angle=1)
    [passage] = [each for each in find(of_four, "E17").passages if each.text == "error E17"]
    assert passage.score == pytest.approx(math.cos(1), abs=1e-5)


def test_what_is_too_far_is_left_out(of_four: EmbeddingSet) -> None:
    add(of_four, "near", angle=0.5)
    add(of_four, "far E17", angle=1)
    assert texts(find(of_four, "E17", min_score=0.8)) == ["near"]
    assert texts(find(of_four, min_score=0.9)) == []


def test_as_many_as_were_asked_for(of_four: EmbeddingSet) -> None:
    for number in range(60):
        add(of_four, f"number {number}", angle=number / 100)
        add(of_four, f"bob's {number}", angle=number / 1000, owner=BOB)
    for top_k in (1, 10, 50, 60):
        assert texts(find(of_four, top_k=top_k)) == [f"number {number}" for number in range(top_k)]


def test_neighbours_stand_beside_and_are_current(of_four: EmbeddingSet) -> None:
    chunk = put("two", owner=ALICE)
    put_vector(chunk, EAST, of_four)
    with viewing(subject=ALICE, scopes=[]):
        KnowledgeChunk.objects.update(ordinal=2)
        for ordinal, text, superseded in (
            (0, "zero", None),
            (1, "one", None),
            (3, "three, once", 2),
            (3, "three", None),
        ):
            KnowledgeChunk.objects.create(
                knowledge_document=chunk.knowledge_document, version=1, generation=1, superseded=superseded,
                ordinal=ordinal, text=text, start=0, end=1, content_hash=text, tokens=1,
            )  # fmt: skip
    found = find(of_four, neighbours=True)
    assert (texts(found), {passage.text for passage in found.neighbours}) == (["two"], {"one", "three"})
    assert find(of_four).neighbours == ()


def test_a_search_asks_the_database_little(
    of_four: EmbeddingSet, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        add(of_four, f"pump {number}", angle=number / 10)
    with django_assert_max_num_queries(10):  # five of them for the view within another transaction
        assert len(find(of_four, "pump").passages) == 10


SHELF = ["alice's own", "alice's for staff", "alice's for all", "bob's own", "bob's for staff", "bob's for all"]


@pytest.fixture
def shelf(of_four: EmbeddingSet) -> EmbeddingSet:
    for owner, name in ((ALICE, "alice"), (BOB, "bob")):
        add(of_four, f"{name}'s own", owner=owner)
        add(of_four, f"{name}'s for staff", owner=owner, visibility="team")
        add(of_four, f"{name}'s for all", owner=owner, visibility="all")
    return of_four


@pytest.mark.parametrize("query", ["", "alice bob"], ids=["by vector", "by words, too"])
@pytest.mark.parametrize(
    ("viewer", "scopes", "seen"),
    [
        (ALICE, (STAFF,), {0, 1, 2, 4, 5}),
        (ALICE, (), {0, 1, 2, 5}),
        (BOB, (STAFF, GUESTS), {1, 2, 3, 4, 5}),
        (BOB, (GUESTS,), {2, 3, 4, 5}),
        (MALLORY, (STAFF,), {1, 2, 4, 5}),
        (MALLORY, (GUESTS,), {2, 5}),
        (MALLORY, (), {2, 5}),
    ],
)
def test_nothing_of_one_is_found_by_another(
    shelf: EmbeddingSet, viewer: UUID, scopes: tuple[UUID, ...], seen: set[int], query: str
) -> None:
    expected = {SHELF[number] for number in seen}
    assert set(texts(find(shelf, query, viewer=viewer, scopes=scopes))) == expected


def test_the_store_itself_names_nothing_of_others(shelf: EmbeddingSet) -> None:
    """Without row-level security: the query alone hides even the ids."""
    store, eyes = PgVectorStore(shelf), Viewer(subject=MALLORY)
    for hits in (store.search(EAST, viewer=eyes, limit=10), store.match("alice bob", EAST, viewer=eyes, limit=10)):
        assert len(hits) == 2


class Forgetful(PgVectorStore):
    """Searches as bob, whoever asks: as if the query had lost its filter."""

    def search(self, vector: Vector, *, viewer: Viewer, limit: int) -> list[Hit]:
        everything = Viewer(subject=BOB, scopes=(STAFF, GUESTS))
        return super().search(vector, viewer=everything, limit=limit)


def test_row_level_security_hides_what_the_query_forgets(shelf: EmbeddingSet) -> None:
    for viewer, scopes, seen in ((MALLORY, (), {2, 5}), (ALICE, (), {1, 2, 5})):
        eyes = Viewer(subject=viewer, scopes=scopes)
        found = look("", EAST, store=Forgetful(shelf), viewer=eyes, top_k=10, min_score=EVERYTHING)
        assert set(texts(found)) == {SHELF[number] for number in seen}
