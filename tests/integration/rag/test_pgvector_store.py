"""The store that ships keeps the contract, exactly and by its graph, and uses its indexes."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from ai.rag.models import EmbeddingSet
from ai.rag.pgvector_store import PgVectorStore
from ai.rag.store import Entry, WordIndex
from ai.rag.store_contract import WordIndexContract


class Contract(WordIndexContract):
    dimensions = 4
    exact_up_to = 5000

    @pytest.fixture(autouse=True)
    def _set(self, db: None, of_four: EmbeddingSet) -> None:
        self.made = PgVectorStore(of_four, exact_up_to=self.exact_up_to)

    def store(self) -> PgVectorStore:
        return self.made

    def words(self, entries: Collection[Entry]) -> WordIndex:
        self.made.upsert(entries)
        return self.made


class TestExact(Contract):
    """Few are visible, and all of them are compared."""


class TestByGraph(Contract):
    """No number is few: the graph answers, and what it leaves short is searched exactly."""

    exact_up_to = -1
