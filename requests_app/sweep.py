"""What was left behind: leases, overdue requests and cancels, holds, chunks, keys. Safe anywhere and at any time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from ai.failures import FAILURES
from ai.rag.staging import wake_left
from ai.signals import announce
from requests_app import deletion, ledger, lifecycle, review
from requests_app.budgets import NOTHING
from requests_app.lifecycle import Ending
from requests_app.models import (
    AIRequest,
    AttemptReason,
    BudgetHold,
    HoldState,
    IdempotencyKey,
    Status,
    WorkerLease,
)
from requests_app.models.clock import DatabaseClock
from requests_app.models.request import AIRequestQuerySet
from requests_app.signals import swept

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Step = Callable[[], Mapping[str, int]]

ADVISORY_LOCK = 0x4C494E54  # "LINT": one sweep at a time
KEYS_KEPT = timedelta(hours=24)
CANCEL_PATIENCE = timedelta(seconds=10)
HOLD_PATIENCE = timedelta(seconds=60)
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How much of each kind was found."""

    leases: int = 0
    taken_back: int = 0
    expired: int = 0
    cancelled: int = 0
    holds: int = 0
    chunks: int = 0
    keys: int = 0
    erased: int = 0
    verdicts: int = 0
    overdue_reviews: int = 0
    indexing: int = 0


def sweep(*, take_leases: bool = True) -> Swept | None:
    """Put right what dead processes and lost messages left; None where another sweep is under way.

    Without ``take_leases`` expired ones are left alone, for their processes may be about to renew them.
    """
    found: dict[str, int] = {}
    for step in (_take_back_leases, *STEPS) if take_leases else STEPS:
        done = _alone(step)
        if done is None and not found:
            return None
        found |= done or {}
    if any(found.values()):
        announce(swept, Swept(**found))
        logger.info("swept %s", found)
    return Swept(**found)


def _alone(step: Step) -> Mapping[str, int] | None:
    """A step's own transaction, so that what it locks is not waited for in another order; None: another sweep runs."""
    with transaction.atomic(), connection.cursor() as cursor:
        # The keeper sweeps on the thread that renews its lease: a row that somebody holds is left to the next sweep.
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        return step() if cursor.fetchone()[0] else None


def _take_back_leases() -> Mapping[str, int]:
    """Delete expired leases and free what they held. The row lock keeps a waking zombie from claiming under them."""
    leases = list(WorkerLease.objects.expired().select_for_update(skip_locked=True, of=("self",)))
    held = AIRequest.objects.filter(lease__in=[lease.pk for lease in leases])
    requests = list(held.order_by("pk").select_for_update(of=("self",)))
    ledger.lock([request.pk for request in requests])
    taken = _one_by_one(requests, take_back)
    return {"leases": _one_by_one(leases, WorkerLease.delete), "taken_back": taken}


def take_back(request: AIRequest) -> None:
    """Close a lost call as an estimate; then end its request, or queue it again for another worker.

    For a locked row, in the caller's transaction.
    """
    text = lifecycle.text_of(request)
    used = lifecycle.close_lost_calls(request, text=text, outcome="worker_lost")
    row = AIRequest.objects.held(request.pk, request.attempt)
    row.update(takeovers=request.takeovers + 1)
    if request.cancel_requested_at is not None:
        lifecycle.end(row, request, Ending(status=Status.CANCELLED, text=text), used=used)
    elif request.takeovers + 1 >= settings.LINTEL_MAX_TAKEOVERS:
        lost = _("The workers that ran this request stopped, one after the other.")
        ending = Ending(status=Status.FAILED, text=text, code="worker_lost", message=lost)
        lifecycle.end(row, request, ending, used=used)
    else:
        row.put_back(after_s=0.0, reason=AttemptReason.TAKEOVER)
        ledger.book(request.pk, used)


def _expire_waiting() -> Mapping[str, int]:
    late = AIRequest.objects.filter(status=Status.PENDING, deadline__lte=DatabaseClock())
    return {"expired": _ends(late, _expire)}


def _expire(request: AIRequest) -> None:
    ending = Ending(
        status=Status.EXPIRED,
        text=lifecycle.text_of(request),
        code="deadline_exceeded",
        message=str(FAILURES["deadline_exceeded"]),
    )
    lifecycle.end(AIRequest.objects.filter(pk=request.pk), request, ending, used=NOTHING)


def _end_cancelled() -> Mapping[str, int]:
    """End what somebody cancelled and its worker, which lives and keeps its lease, does not end."""
    overdue = AIRequest.objects.filter(
        status=Status.PROCESSING, cancel_requested_at__lte=DatabaseClock() - CANCEL_PATIENCE
    )
    return {"cancelled": _ends(overdue, _cancel)}


def _cancel(request: AIRequest) -> None:
    text = lifecycle.text_of(request)
    used = lifecycle.close_lost_calls(request, text=text, outcome="lost")
    row = AIRequest.objects.held(request.pk, request.attempt)
    lifecycle.end(row, request, Ending(status=Status.CANCELLED, text=text), used=used)


def _close_holds() -> Mapping[str, int]:
    """Every end closes its hold: one that is open without an open request was left by hands, and keeps others out."""
    open_requests = AIRequest.objects.open().filter(pk=OuterRef("reference"))
    overdue = BudgetHold.objects.filter(state=HoldState.OPEN, expires__lte=DatabaseClock() - HOLD_PATIENCE)
    references = list(overdue.exclude(Exists(open_requests)).values_list("reference", flat=True)[:BATCH])
    ledger.lock(references)
    return {"holds": _one_by_one(references, ledger.close)}


def _ends(late: AIRequestQuerySet, end: Callable[[AIRequest], object]) -> int:
    requests = list(late.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    ledger.lock([request.pk for request in requests])
    return _one_by_one(requests, end)


def _one_by_one(items: Iterable[Item], put_right: Callable[[Item], object]) -> int:
    """How many were put right. One that cannot be must not hold up all others, sweep after sweep."""
    done = 0
    for item in list(items):
        try:
            with transaction.atomic():
                put_right(item)
        except Exception:
            logger.exception("%s cannot be put right", item)
        else:
            done += 1
    return done


def _clear_chunks() -> Mapping[str, int]:
    """Rows that raced with the end of their request or with its next attempt."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM requests_app_streamchunk AS chunk USING requests_app_airequest AS request
            WHERE request.id = chunk.request_id
            AND (request.attempt > chunk.attempt OR request.status NOT IN ('pending', 'processing'))
            """
        )
        return {"chunks": int(cursor.rowcount)}


def _forget_keys() -> Mapping[str, int]:
    return {"keys": IdempotencyKey.objects.filter(created__lt=DatabaseClock() - KEYS_KEPT).delete()[0]}


def _erase() -> Mapping[str, int]:
    return {"erased": deletion.erase()}


def _see_to_reviews() -> Mapping[str, int]:
    return {"verdicts": review.deliver(), "overdue_reviews": review.hurry_overdue()}


def _wake_indexing() -> Mapping[str, int]:
    return {"indexing": wake_left()}


STEPS: tuple[Step, ...] = (
    _expire_waiting, _end_cancelled, _close_holds, _clear_chunks, _forget_keys, _erase, _see_to_reviews, _wake_indexing,
)  # fmt: skip
