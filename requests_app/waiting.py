"""Why a request has not begun: one word that a person can act on."""

from __future__ import annotations

from functools import lru_cache
from time import monotonic
from typing import Literal

from requests_app.models import AIRequest, Status, WorkerLease
from requests_app.models.clock import DatabaseClock

Reason = Literal["not_before", "worker", "turn"]


def waiting_for(request: AIRequest) -> Reason | None:
    """``not_before``: put back for a while; ``worker``: none lives; ``turn``: others first; None: under way or over."""
    if request.status != Status.PENDING:
        return None
    if request.not_before and AIRequest.objects.filter(pk=request.pk, not_before__gt=DatabaseClock()).exists():
        return "not_before"
    return "turn" if _worker_lives(int(monotonic())) else "worker"


@lru_cache(maxsize=1)
def _worker_lives(_second: int) -> bool:
    """Asked once a second, not by each of the hundreds that are accepted in it."""
    return WorkerLease.objects.live().exists()
