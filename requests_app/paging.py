"""Pages of newest rows first, by key and not by offset: rows that arrive meanwhile shift nothing.

Reviews come in the order in which they want their verdict.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from requests_app.models import AIRequest, AIReviewQueue
from requests_app.models.review import AIReviewQueueQuerySet

PAGE = 50
MOST_URGENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last row that was shown; opaque to clients."""

    created: datetime
    id: UUID

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises ValueError."""
        created, _, key = urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition(" ")
        moment = datetime.fromisoformat(created)
        if moment.utcoffset() != timedelta(0):
            raise ValueError("a cursor's time is UTC")
        return cls(created=moment, id=UUID(key))

    @classmethod
    def at(cls, row: AIRequest) -> Cursor:
        return cls(created=row.created, id=row.pk)

    def __str__(self) -> str:
        return urlsafe_b64encode(f"{self.created.isoformat()} {self.id}".encode("ascii")).decode("ascii")

    def older(self) -> Q:
        """Both halves are needed: the first alone bounds the scan of the index."""
        return Q(created__lte=self.created) & (Q(created__lt=self.created) | Q(id__lt=self.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows, and where the next ones begin; None where these are the last."""

    rows: list[AIRequest]
    next: Cursor | None


def page_of(queryset: QuerySet[AIRequest], after: Cursor | None, *, size: int = PAGE) -> Page:
    """The newest rows, or those that come after a cursor."""
    if after is not None:
        queryset = queryset.filter(after.older())
    rows = list(queryset.order_by("-created", "-id")[: size + 1])
    return Page(rows=rows[:size], next=Cursor.at(rows[size - 1]) if len(rows) > size else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The last review that was shown; opaque to clients."""

    priority: int
    due: datetime
    id: UUID

    @classmethod
    def parse(cls, text: str) -> Turn:
        """Raises ValueError."""
        priority, due, key = urlsafe_b64decode(text.encode("ascii")).decode("ascii").split(" ")
        moment = datetime.fromisoformat(due)
        if moment.utcoffset() != timedelta(0) or not 0 <= int(priority) <= MOST_URGENT:
            raise ValueError("a turn is a priority, a time in UTC and an id")
        return cls(priority=int(priority), due=moment, id=UUID(key))

    @classmethod
    def at(cls, row: AIReviewQueue) -> Turn:
        return cls(priority=row.priority, due=row.due, id=row.pk)

    def __str__(self) -> str:
        return urlsafe_b64encode(f"{self.priority} {self.due.isoformat()} {self.id}".encode("ascii")).decode("ascii")

    def later(self) -> Q:
        same = Q(priority=self.priority)
        return Q(priority__lt=self.priority) | same & (Q(due__gt=self.due) | Q(due=self.due, id__gt=self.id))


def turns_of(
    queryset: AIReviewQueueQuerySet, after: Turn | None, *, size: int = PAGE
) -> tuple[list[AIReviewQueue], Turn | None]:
    """The most urgent rows, or those that come after a cursor; and where the next page begins."""
    if after is not None:
        queryset = queryset.filter(after.later())
    rows = list(queryset.in_turn()[: size + 1])
    return rows[:size], Turn.at(rows[size - 1]) if len(rows) > size else None
