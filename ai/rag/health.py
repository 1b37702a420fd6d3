"""How far the index is behind its documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from ai.rag.models import KnowledgeDocument, State
from ai.rag.models.document import OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """``waiting`` are not searchable in their newest version yet, the oldest of them since ``oldest``."""

    waiting: int
    oldest: datetime | None
    failed: int
    refused: int
    """Of those that wait, how many were put back with an error."""


def backlog() -> Backlog:
    """Reads two partial indexes, however many documents there are."""
    waiting = KnowledgeDocument.objects.filter(state__in=OPEN)
    found = waiting.aggregate(waiting=Count("pk"), oldest=Min("staged"), refused=Count("pk", filter=~Q(error_code="")))
    return Backlog(**found, failed=KnowledgeDocument.objects.filter(state=State.FAILED).count())
