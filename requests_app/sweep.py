"""What was left behind: leases, overdue requests and cancels, holds, chunks, keys. Safe anywhere and at any time."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from ai.failures import FAILURES
from ai.signals import announce
from requests_app import deletion, ledger, lifecycle
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
from requests_app.signals import swept

logger = logging.getLogger(__name__)

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


def sweep(*, take_leases: bool = True) -> Swept | None:
    """Put right what dead processes and lost messages left; None where another sweep is under way.

    Without ``take_leases`` expired ones are left alone, for their processes may be about to renew them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # The keeper sweeps on the thread that renews its lease: a row that somebody holds is left to the next sweep.
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            return None
        leases, taken_back = _take_back_leases() if take_leases else (0, 0)
        found = Swept(
            leases=leases,
            taken_back=taken_back,
            expired=_expire_waiting(),
            cancelled=_end_cancelled(),
            holds=_close_holds(),
            chunks=_clear_chunks(),
            keys=IdempotencyKey.objects.filter(created__lt=DatabaseClock() - KEYS_KEPT).delete()[0],
            erased=deletion.erase(),
        )
    if any(asdict(found).values()):
        announce(swept, found)
        logger.info("swept %s", found)
    return found


def _take_back_leases() -> tuple[int, int]:
    """Delete expired leases and free what they held. The row lock keeps a waking zombie from claiming under them."""
    leases = list(WorkerLease.objects.expired().select_for_update(skip_locked=True, of=("self",)))
    taken = 0
    for lease in leases:
        try:
            with transaction.atomic():
                taken += _take_back_lease(lease)
        except Exception:  # one request that cannot be put right must not hold up all others, sweep after sweep
            logger.exception("the lease of %s cannot be taken back", lease)
    return len(leases), taken


def _take_back_lease(lease: WorkerLease) -> int:
    held = list(AIRequest.objects.filter(lease=lease).order_by("pk").select_for_update(of=("self",)))
    for request in held:
        take_back(request)
    lease.delete()
    return len(held)


def take_back(request: AIRequest) -> None:
    """Close a lost call as an estimate; then end its request, or queue it again for another worker.

    For a locked row, in the caller's transaction.
    """
    text = lifecycle.text_of(request)
    used = lifecycle.close_lost_calls(request, text=text, outcome="worker_lost")
    row = AIRequest.objects.held(request.pk, request.attempt)
    row.update(takeovers=request.takeovers + 1)
    if request.cancel_requested_at is not None:
        lifecycle.end(row, request.pk, Ending(status=Status.CANCELLED, text=text), used=used)
    elif request.takeovers + 1 >= settings.LINTEL_MAX_TAKEOVERS:
        lost = _("The workers that ran this request stopped, one after the other.")
        ending = Ending(status=Status.FAILED, text=text, code="worker_lost", message=lost)
        lifecycle.end(row, request.pk, ending, used=used)
    else:
        row.put_back(after_s=0.0, reason=AttemptReason.TAKEOVER)
        ledger.book(request.pk, used)


def _expire_waiting() -> int:
    expired = 0
    late = AIRequest.objects.filter(status=Status.PENDING, deadline__lte=DatabaseClock())
    for request in late.select_for_update(skip_locked=True, of=("self",))[:BATCH]:
        ending = Ending(
            status=Status.EXPIRED,
            text=lifecycle.text_of(request),
            code="deadline_exceeded",
            message=str(FAILURES["deadline_exceeded"]),
        )
        lifecycle.end(AIRequest.objects.filter(pk=request.pk), request.pk, ending, used=NOTHING)
        expired += 1
    return expired


def _end_cancelled() -> int:
    """End what somebody cancelled and its worker, which lives and keeps its lease, does not end."""
    overdue = AIRequest.objects.filter(
        status=Status.PROCESSING, cancel_requested_at__lte=DatabaseClock() - CANCEL_PATIENCE
    )
    requests = list(overdue.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for request in requests:
        text = lifecycle.text_of(request)
        used = lifecycle.close_lost_calls(request, text=text, outcome="lost")
        row = AIRequest.objects.held(request.pk, request.attempt)
        lifecycle.end(row, request.pk, Ending(status=Status.CANCELLED, text=text), used=used)
    return len(requests)


def _close_holds() -> int:
    """Every end closes its hold: one that is open without an open request was left by hands, and keeps others out."""
    open_requests = AIRequest.objects.open().filter(pk=OuterRef("reference"))
    overdue = BudgetHold.objects.filter(state=HoldState.OPEN, expires__lte=DatabaseClock() - HOLD_PATIENCE)
    references = list(overdue.exclude(Exists(open_requests)).values_list("reference", flat=True)[:BATCH])
    for reference in references:
        ledger.close(reference)
    return len(references)


def _clear_chunks() -> int:
    """Rows that raced with the end of their request or with its next attempt."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM requests_app_streamchunk AS chunk USING requests_app_airequest AS request
            WHERE request.id = chunk.request_id
            AND (request.attempt > chunk.attempt OR request.status NOT IN ('pending', 'processing'))
            """
        )
        return int(cursor.rowcount)
