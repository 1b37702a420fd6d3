from __future__ import annotations

from uuid import UUID

import pytest

from accounts.models import User
from ai.routing import model as model_named
from requests_app import lifecycle
from requests_app.budgets import Amount
from requests_app.intake import Submission, accept
from requests_app.lifecycle import Claim, ClosedCall, open_call
from requests_app.models import AIRequest, AttemptReason, WorkerLease
from requests_app.models.clock import seconds_from_now

NOTHING = Amount()
SMALL = "smollm2-135m-instruct"
SUMMARY = Submission(
    prompt_key="document_summary",
    payload={"document": "The quay was rebuilt."},
    object_id="ticket-7",
    metadata={"desk": "north"},
)


@pytest.fixture
def waiting(alice: User) -> AIRequest:
    """alice's request, accepted and not yet claimed."""
    return accept(alice, SUMMARY).request


@pytest.fixture
def lease(db: None) -> WorkerLease:
    return new_lease()


@pytest.fixture
def claim(waiting: AIRequest, lease: WorkerLease) -> Claim:
    """alice's request in a worker's hands, before its first call."""
    claimed = claim_next(lease.pk)
    assert claimed is not None
    return claimed


def new_lease(seconds: float = 60.0) -> WorkerLease:
    return WorkerLease.objects.create(host="here", pid=1, expires_at=seconds_from_now(seconds))


def claim_next(lease_id: UUID) -> Claim | None:
    """The next waiting request, if there is one."""
    [claimed] = lifecycle.claim([lease_id])
    return claimed


def opened(
    claim: Claim,
    *,
    attempt: int,
    reason: AttemptReason = AttemptReason.FIRST,
    most: Amount = NOTHING,
    closed: ClosedCall | None = None,
) -> int:
    return open_call(claim.request, attempt=attempt, model=model_named(SMALL), reason=reason, most=most, closed=closed)
