"""Why a request has not begun, and how many are before it: words and a number that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from time import monotonic
from typing import Literal
from uuid import UUID

from django.db import connection
from django.utils import timezone

from requests_app.models import AIRequest, AttemptReason, Lane, Status, WorkerLease
from requests_app.models.clock import DatabaseClock

Reason = Literal["not_before", "twin", "worker", "turn", "review"]

MOST_PLACES = 10_000
FRESH = timedelta(seconds=1)
# The order of requests_app_claim_next if none ended and none came: by lane, and in it by how many of the same user are
# running by then.
PLACES = """
SELECT id, row_number() OVER (ORDER BY lane, running, created, id) - 1 FROM (
    SELECT due.id, due.lane, due.created, COALESCE(busy.running, 0) + row_number() OVER (
        PARTITION BY due.user_id ORDER BY due.lane, due.created, due.id
    ) AS running
    FROM (
        SELECT id, user_id, created, array_position(%s, lane::text) AS lane FROM requests_app_airequest
        WHERE status = 'pending' AND deadline > clock_timestamp()
            AND (not_before IS NULL OR not_before <= clock_timestamp())
    ) AS due
    LEFT JOIN (
        SELECT user_id, count(*) AS running FROM requests_app_airequest WHERE status = 'processing' GROUP BY user_id
    ) AS busy ON busy.user_id = due.user_id
) AS coming
"""


def waiting_for(request: AIRequest) -> Reason | None:
    """``not_before``: put back for a while; ``worker``: none lives; ``turn``: others first; None: under way or over.

    ``twin``: an equal request is being answered; ``review``: a person has to judge the answer.
    """
    if request.status == Status.REVIEW:
        return "review"
    if request.status != Status.PENDING:
        return None
    if request.not_before and AIRequest.objects.filter(pk=request.pk, not_before__gt=DatabaseClock()).exists():
        return "twin" if request.attempt_reason == AttemptReason.TWIN else "not_before"
    return "turn" if _worker_lives(int(monotonic())) else "worker"


def queue_ahead(request: AIRequest) -> int | None:
    """How many requests begin before it, as of the last second; None: unknown yet, too many to say, or not queued."""
    return queues_ahead([request]).get(request.pk)


def queues_ahead(requests: Iterable[AIRequest]) -> dict[UUID, int]:
    """The same for a list, by one look."""
    settled = timezone.now() - FRESH
    queued = [request.pk for request in requests if request.status == Status.PENDING and request.created <= settled]
    places = _places(int(monotonic())) if queued else {}
    return {pk: places[pk] for pk in queued if pk in places}


@lru_cache(maxsize=1)
def _worker_lives(_second: int) -> bool:
    """Asked once a second, not by each of the hundreds that are accepted in it."""
    return WorkerLease.objects.live().exists()


@lru_cache(maxsize=1)
def _places(_second: int) -> Mapping[UUID, int]:
    """Counted once a second for all who wait and look."""
    if AIRequest.objects.due().order_by()[: MOST_PLACES + 1].count() > MOST_PLACES:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [Lane.values])
        return dict(cursor.fetchall())
