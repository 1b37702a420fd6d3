"""The double of the store: every search is exact, and nothing outlives the process."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from uuid import UUID

from ai.rag.store import Entry, Hit, Vector, Viewer

WORD = re.compile(r"\w+")


class MemoryStore:
    def __init__(self) -> None:
        self._entries: dict[UUID, Entry] = {}

    def upsert(self, entries: Collection[Entry]) -> None:
        self._entries |= {entry.id: entry for entry in entries}

    def delete(self, ids: Collection[UUID]) -> None:
        for each in ids:
            self._entries.pop(each, None)

    def search(self, vector: Vector, *, viewer: Viewer, limit: int) -> list[Hit]:
        return self._best(lambda entry: _cosine(entry.vector, vector), viewer, limit)

    def match(self, query: str, vector: Vector, *, viewer: Viewer, limit: int) -> list[Hit]:
        wanted = _words(query)
        found = self._best(lambda entry: float(len(wanted & _words(entry.words))), viewer, len(self._entries))
        best = [hit for hit in found if hit.score > 0][:limit]
        return [replace(hit, score=_cosine(self._entries[hit.id].vector, vector)) for hit in best]

    def _best(self, score: Callable[[Entry], float], viewer: Viewer, limit: int) -> list[Hit]:
        hits = [
            Hit(id=entry.id, document=entry.document, score=score(entry))
            for entry in self._entries.values()
            if entry.visible_to(viewer)
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]


def _cosine(one: Vector, other: Vector) -> float:
    return sum(map(float.__mul__, one, other))


def _words(text: str) -> set[str]:
    return {word.casefold() for word in WORD.findall(text)}
