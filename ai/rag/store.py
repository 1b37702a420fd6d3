"""What retrieval asks of whatever holds vectors: put in, take out, and the nearest among those that a viewer may see.

``PgVectorStore`` ships, ``MemoryStore`` is its double; a store of your own is tested by ``ai.rag.store_contract``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from uuid import UUID

from ai.rag.models import Visibility

Vector = Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Whose eyes a search has: the user, and the teams that the user is in at this moment."""

    subject: UUID
    scopes: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A chunk as a store knows it. ``words`` is its text, of which a store keeps no more than it needs to find it."""

    id: UUID
    document: UUID
    subject: UUID
    scope: UUID
    visibility: Visibility
    vector: Vector
    words: str = ""

    def visible_to(self, viewer: Viewer) -> bool:
        """Its owner sees it wherever it is shared."""
        shared = self.visibility == Visibility.TEAM and self.scope in viewer.scopes
        return shared or self.visibility == Visibility.ALL or self.subject == viewer.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """``score`` is the cosine of two vectors, however the entry was found."""

    id: UUID
    document: UUID
    score: float


class VectorStore(Protocol):
    """Of one embedding set. Vectors have length 1; what is nearer comes first, and of equals the lower id."""

    def upsert(self, entries: Collection[Entry]) -> None: ...

    def delete(self, ids: Collection[UUID]) -> None:
        """Ids that are not there are fine."""

    def search(self, vector: Vector, *, viewer: Viewer, limit: int) -> list[Hit]:
        """As many as ``limit`` wherever so many are visible, whatever lies nearer and is not."""


@runtime_checkable
class WordIndex(Protocol):
    """What a store may be able to do beside: find by words, their order and case aside."""

    def match(self, query: str, vector: Vector, *, viewer: Viewer, limit: int) -> list[Hit]:
        """Those that match best first, each with the score that a search for ``vector`` would have given it.

        Entries with little of what the query's words tell may be left out.
        """
