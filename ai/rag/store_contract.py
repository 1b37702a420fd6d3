"""What retrieval relies on in every store, as tests. For test suites only: it imports pytest.

class TestAcmeStore(VectorStoreContract):
    def store(self) -> VectorStore:
        return AcmeStore(dimensions=self.dimensions)
"""

# ruff: noqa: S101, S311  # a test that is shipped, and vectors by chance

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

import pytest

from ai.rag.memory import MemoryStore
from ai.rag.models import Visibility
from ai.rag.store import Entry, Hit, Vector, VectorStore, Viewer, WordIndex

ALICE, BOB, MALLORY, TEAM, OTHERS = (UUID(int=number) for number in range(1, 6))
VIEWERS = (
    Viewer(subject=ALICE, scopes=(TEAM,)),
    Viewer(subject=BOB, scopes=(TEAM, OTHERS)),
    Viewer(subject=MALLORY),
)
SEEN = [
    (Visibility.PRIVATE, [True, False, False]),
    (Visibility.TEAM, [True, True, False]),
    (Visibility.ALL, [True, True, True]),
]


class VectorStoreContract(ABC):
    dimensions = 384

    @abstractmethod
    def store(self) -> VectorStore:
        """An empty one, for vectors of so many dimensions."""

    def vector(self, angle: float) -> Vector:
        """Nearer to that of 0 the smaller the angle, up to half a turn."""
        return [math.cos(angle), math.sin(angle), *[0.0] * (self.dimensions - 2)]

    def entry(self, number: int, *, angle: float = 0.0, owner: UUID = ALICE, words: str = "") -> Entry:
        return Entry(
            id=UUID(int=1000 + number),
            document=UUID(int=100 + number // 10),
            subject=owner,
            scope=TEAM,
            visibility=Visibility.PRIVATE,
            vector=self.vector(angle),
            words=words,
        )

    def numbers(self, store: VectorStore, *, viewer: Viewer = VIEWERS[0], limit: int = 10) -> list[int]:
        return [hit.id.int - 1000 for hit in store.search(self.vector(0.0), viewer=viewer, limit=limit)]

    def test_nearest_comes_first_with_its_cosine(self) -> None:
        store = self.filled([self.entry(number, angle=number / 4) for number in (3, 1, 2)])
        hits = store.search(self.vector(0.0), viewer=VIEWERS[0], limit=2)
        assert [(hit.id.int, hit.document.int) for hit in hits] == [(1001, 100), (1002, 100)]
        assert [hit.score for hit in hits] == pytest.approx([math.cos(0.25), math.cos(0.5)], abs=1e-3)

    def test_opposite_is_found_last_and_not_left_out(self) -> None:
        store = self.filled([self.entry(1, angle=math.pi), self.entry(2, angle=math.pi / 2)])
        assert self.numbers(store) == [2, 1]

    def test_equals_come_in_the_order_of_their_ids(self) -> None:
        store = self.filled([self.entry(number) for number in (4, 2, 3, 1)])
        assert self.numbers(store) == [1, 2, 3, 4]

    def test_what_is_put_in_again_is_replaced(self) -> None:
        store = self.filled([self.entry(1, angle=0.1), self.entry(2, angle=0.2)])
        store.upsert([self.entry(1, angle=0.3)])
        assert self.numbers(store) == [2, 1]

    def test_what_is_taken_out_is_gone(self) -> None:
        store = self.filled([self.entry(1), self.entry(2)])
        store.delete([UUID(int=1001), UUID(int=9)])
        assert self.numbers(store) == [2]

    def test_nothing_in_means_nothing_out(self) -> None:
        store = self.filled([])
        store.delete([])
        assert self.numbers(store) == []

    @pytest.mark.parametrize(("visibility", "seen"), SEEN)
    def test_viewer_finds_what_is_shared_with_them(self, visibility: Visibility, seen: list[bool]) -> None:
        store = self.filled([replace(self.entry(1), visibility=visibility)])
        assert [self.numbers(store, viewer=viewer) == [1] for viewer in VIEWERS] == seen

    def test_what_is_shared_no_more_is_hidden(self) -> None:
        store = self.filled([replace(self.entry(1), visibility=Visibility.ALL)])
        store.upsert([self.entry(1)])
        assert self.numbers(store, viewer=VIEWERS[2]) == []

    def test_list_is_full_however_much_that_is_nearer_is_hidden(self) -> None:
        hidden = [self.entry(number, angle=0.0001 * number, owner=BOB) for number in range(300)]
        mine = [self.entry(number, angle=1 + 0.001 * number) for number in range(300, 310)]
        assert self.numbers(self.filled([*hidden, *mine])) == list(range(300, 310))

    def test_agrees_with_the_exact_one(self) -> None:
        chance = random.Random(7)  # 300 entries of three people, shared in all ways
        entries = [self._random(chance, number) for number in range(300)]
        store, exact = self.filled(entries), MemoryStore()
        exact.upsert(entries)
        for viewer in VIEWERS:
            assert self.numbers(store, viewer=viewer) == self.numbers(exact, viewer=viewer)

    def filled(self, entries: Collection[Entry]) -> VectorStore:
        store = self.store()
        store.upsert(entries)
        return store

    def _random(self, chance: random.Random, number: int) -> Entry:
        return replace(
            self.entry(number, angle=chance.random() * 3, owner=chance.choice([ALICE, BOB, MALLORY])),
            scope=chance.choice([TEAM, OTHERS]),
            visibility=chance.choice(list(Visibility)),
        )


class WordIndexContract(VectorStoreContract):
    """For a store that finds by words, too."""

    def matched(self, entries: Collection[Entry], query: str, *, viewer: Viewer = VIEWERS[0]) -> list[int]:
        return [hit.id.int - 1000 for hit in self.hits(entries, query, viewer)]

    def hits(self, entries: Collection[Entry], query: str, viewer: Viewer = VIEWERS[0]) -> list[Hit]:
        return self.words(entries).match(query, self.vector(0.0), viewer=viewer, limit=10)

    @abstractmethod
    def words(self, entries: Collection[Entry]) -> WordIndex:
        """An empty store into which these are put."""

    def test_words_are_found_without_regard_to_case(self) -> None:
        entries = [self.entry(1, words="The pump shows error E17"), self.entry(2, words="Nothing to see")]
        assert self.matched(entries, "what is e17?") == [1]

    def test_who_has_more_of_the_words_comes_first(self) -> None:
        entries = [self.entry(1, words="a pump and its hose"), self.entry(2, words="the pump shows error E17")]
        assert self.matched(entries, "pump error E17")[0] == 2

    @pytest.mark.parametrize("query", ["", "?!", "' OR 1=1; --", "& | ! ( ) :*", "a:* & b <-> c", "\\"])
    def test_no_query_breaks_it(self, query: str) -> None:
        assert self.matched([self.entry(1, words="pump")], query) == []

    @pytest.mark.parametrize(("visibility", "seen"), SEEN)
    def test_words_are_found_by_whom_they_are_shared_with(self, visibility: Visibility, seen: list[bool]) -> None:
        entries = [replace(self.entry(1, words="pump"), visibility=visibility)]
        assert [self.matched(entries, "pump", viewer=viewer) == [1] for viewer in VIEWERS] == seen

    def test_what_words_found_has_the_score_of_a_search(self) -> None:
        entries = [self.entry(number, angle=number / 4, words="pump") for number in (1, 2)]
        scores = {hit.id: hit.score for hit in self.hits(entries, "pump")}
        assert scores == pytest.approx({UUID(int=1001): math.cos(0.25), UUID(int=1002): math.cos(0.5)}, abs=1e-3)
