"""Why a request has not begun: one word that a person can act on."""

from __future__ import annotations

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
    return "turn" if WorkerLease.objects.live().exists() else "worker"
