"""What was left behind: lost leases, overdue requests, raced chunks, old keys. Safe anywhere, any number of times."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from ai.pricing import cost_of
from ai.routing import models
from ai.tokens import estimate
from ai.types import Usage
from requests_app import lifecycle
from requests_app.lifecycle import ClosedCall, Ending, FenceLost
from requests_app.models import (
    AIAttempt,
    AIRequest,
    AttemptReason,
    IdempotencyKey,
    Status,
    StreamChunk,
    WorkerLease,
)
from requests_app.models.clock import DatabaseClock

logger = logging.getLogger(__name__)

ADVISORY_LOCK = 0x4C494E54  # "LINT": one sweep at a time
KEYS_KEPT = timedelta(hours=24)
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How much of each kind was found."""

    leases: int = 0
    taken_back: int = 0
    expired: int = 0
    cancelled: int = 0
    chunks: int = 0
    keys: int = 0


def sweep() -> Swept | None:
    """Put right what dead processes and lost messages left; None where another sweep is under way."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            return None
        leases, taken_back = _take_back_leases()
        found = Swept(
            leases=leases,
            taken_back=taken_back,
            expired=_end_waiting(Status.EXPIRED, code="deadline_exceeded", deadline__lte=DatabaseClock()),
            cancelled=_end_waiting(Status.CANCELLED, code="", cancel_requested_at__isnull=False),
            chunks=_clear_chunks(),
            keys=IdempotencyKey.objects.filter(created__lt=DatabaseClock() - KEYS_KEPT).delete()[0],
        )
    if any(asdict(found).values()):
        logger.info("swept %s", found)
    return found


def _take_back_leases() -> tuple[int, int]:
    """Delete expired leases and free what they held. The row lock keeps a waking zombie from claiming under them."""
    leases = list(WorkerLease.objects.expired().select_for_update(skip_locked=True, of=("self",)))
    taken = 0
    for lease in leases:
        for request in AIRequest.objects.filter(lease=lease).select_for_update():
            take_back(request)
            taken += 1
        lease.delete()
    return len(leases), taken


def take_back(request: AIRequest) -> None:
    """Close a lost call as an estimate; then end its request, or queue it again for another worker.

    For a locked row, in the caller's transaction.
    """
    text = text_of(request)
    for attempt in AIAttempt.objects.filter(request=request, outcome=""):
        lifecycle.record_call(request, _estimated(request, attempt, text))
    row = AIRequest.objects.held(request.pk, request.attempt)
    if request.cancel_requested_at is not None:
        lifecycle.end(row, request.pk, Ending(status=Status.CANCELLED, text=text))
    elif request.takeovers + 1 >= settings.LINTEL_MAX_TAKEOVERS:
        lost = "The workers that ran this request stopped, one after the other."
        lifecycle.end(row, request.pk, Ending(status=Status.FAILED, text=text, code="worker_lost", message=lost))
    else:
        row.update(takeovers=request.takeovers + 1)
        row.put_back(after_s=0.0, reason=AttemptReason.TAKEOVER)


def _estimated(request: AIRequest, attempt: AIAttempt, text: str) -> ClosedCall:
    """What a call whose process died has used, as far as we can know: its input, and the text that was written."""
    called = next((known for known in models() if known.name == attempt.model), None)
    written = estimate(text, called) if attempt.number == request.attempt else 0
    usage = Usage(input_tokens=request.input_estimate, output_tokens=written, estimated=True)
    cost = cost_of(usage, called) if called else None
    return ClosedCall(
        attempt=attempt.number,
        provider=attempt.provider,
        model=attempt.model,
        outcome="worker_lost",
        usage=usage,
        cost_usd=cost.usd if cost else None,
        price=cost.price if cost else None,
    )


def _end_waiting(status: Status, *, code: str, **which: object) -> int:
    ended = 0
    waiting = AIRequest.objects.filter(status=Status.PENDING, **which)
    for request in waiting.select_for_update(skip_locked=True, of=("self",))[:BATCH]:
        message = "The deadline passed while the request waited." if code else ""
        row = AIRequest.objects.filter(pk=request.pk)
        try:
            lifecycle.end(row, request.pk, Ending(status=status, text=text_of(request), code=code, message=message))
        except FenceLost:
            continue
        ended += 1
    return ended


def text_of(request: AIRequest) -> str:
    """The logged text of the current attempt."""
    rows = StreamChunk.objects.filter(request_id=request.pk, attempt=request.attempt).order_by("start")
    return "".join(rows.values_list("text", flat=True))


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
