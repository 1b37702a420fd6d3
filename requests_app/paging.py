"""Pages of newest rows first, by key and not by offset: rows that arrive meanwhile shift nothing."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from requests_app.models import AIRequest

PAGE = 50


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
