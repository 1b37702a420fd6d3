from __future__ import annotations

from collections.abc import Collection

from ai.rag.memory import MemoryStore
from ai.rag.store import Entry, VectorStore, WordIndex
from ai.rag.store_contract import WordIndexContract


class TestMemoryStore(WordIndexContract):
    dimensions = 4

    def store(self) -> VectorStore:
        return MemoryStore()

    def words(self, entries: Collection[Entry]) -> WordIndex:
        store = MemoryStore()
        store.upsert(entries)
        return store
