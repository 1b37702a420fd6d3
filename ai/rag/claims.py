"""A worker's right to one document: a number that every write names, and a term that is renewed while it works."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db import Error, connection, transaction
from django.db.models import Q, QuerySet

from ai.clock import DatabaseClock, seconds_from_now
from ai.rag.models import KnowledgeDocument, State
from ai.rag.models.document import OPEN, WORKING

TERM_S = 20.0
RENEW_S = 5.0

log = logging.getLogger(__name__)


class ClaimLost(Exception):
    """The document has changed or gone, or somebody else has taken it: what was made of it is not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """``attempt`` is the fence."""

    id: UUID
    attempt: int
    version: int
    source_type: str
    source: UUID
    subject: UUID
    scope: UUID
    failures: int

    @property
    def row(self) -> QuerySet[KnowledgeDocument]:
        """The document, as long as it is ours."""
        return KnowledgeDocument.objects.filter(pk=self.id, attempt=self.attempt, state__in=WORKING)

    def move(self, **values: Any) -> None:
        """Raises ClaimLost."""
        if not self.row.update(**values, taken_until=seconds_from_now(TERM_S)):
            raise ClaimLost

    def release(self, *, after_s: float, failed: bool = False, code: str = "", message: str = "") -> None:
        """Give it back, to be taken again after a while; or for good, as a failure. Losing it meanwhile is fine."""
        self.row.update(
            state=State.FAILED if failed else State.STAGED,
            not_before=seconds_from_now(after_s),
            taken_until=None,
            woken=None,
            error_code=code,
            error=message,
        )


def take(document_id: UUID) -> Claim | None:
    """None where there is nothing to do on it now, or somebody else does."""
    free = Q(taken_until=None) | Q(taken_until__lte=DatabaseClock())
    due = KnowledgeDocument.objects.filter(free, pk=document_id, state__in=OPEN, not_before__lte=DatabaseClock())
    with transaction.atomic():
        row = due.select_for_update(skip_locked=True).first()
        if row is None:
            return None
        KnowledgeDocument.objects.filter(pk=row.pk).update(
            state=State.EXTRACTING, attempt=row.attempt + 1, taken_until=seconds_from_now(TERM_S), done=0, total=0
        )
    return Claim(
        id=row.pk,
        attempt=row.attempt + 1,
        version=row.wanted,
        source_type=row.source_type,
        source=row.source,
        subject=row.subject,
        scope=row.scope,
        failures=row.failures,
    )


def due_in(document_id: UUID, *, within_s: float) -> float | None:
    """In how many seconds a waiting document may be taken; None where it is not waiting, or for longer."""
    waiting = KnowledgeDocument.objects.filter(pk=document_id, state=State.STAGED)
    row = waiting.filter(not_before__lte=seconds_from_now(within_s)).annotate(now=DatabaseClock()).first()
    return None if row is None else max(0.0, (row.not_before - row.now).total_seconds())


class Renewing:
    """Renews a claim from a thread of its own while the context is open, for steps that take longer than a term."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="index claim", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(RENEW_S):
            try:
                self._claim.row.update(taken_until=seconds_from_now(TERM_S))
            except Error as problem:
                log.warning("a claim could not be renewed (%s)", type(problem).__name__)
            finally:
                connection.close()
