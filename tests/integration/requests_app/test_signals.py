"""Each final status is announced once, after its commit, whoever brought it about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import fields
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import F
from django.dispatch import Signal
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from ai.signals import CallFinished, announce, call_finished, deliver_through
from ai.types import Usage
from requests_app.intake import accept, cancel
from requests_app.lifecycle import Claim, FenceLost, finish, put_back, record_late
from requests_app.models import AIRequest, AttemptReason, Status, WorkerLease
from requests_app.models.clock import seconds_from_now
from requests_app.signals import RequestAccepted, RequestFinished, request_accepted, request_finished
from requests_app.sweep import sweep
from tests.integration.requests_app.conftest import SUMMARY
from tests.integration.requests_app.test_lifecycle import DONE, begun, closed
from tests.integration.requests_app.test_sweep import begin, expire

Heard = list[object]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Everything that is announced, in order."""
    announced: Heard = []

    def listen(facts: object, **_: object) -> None:
        announced.append(facts)

    signals = (request_accepted, request_finished, call_finished)
    for signal in signals:
        signal.connect(listen, weak=False, dispatch_uid="test")
    yield announced
    for signal in signals:
        signal.disconnect(dispatch_uid="test")


def endings(heard: Heard) -> list[tuple[str, str]]:
    return [(facts.status, facts.error_code) for facts in heard if isinstance(facts, RequestFinished)]


def test_acceptance_is_announced_after_its_commit(
    alice: User, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        request = accept(alice, SUMMARY).request
        assert heard == []
    (facts,) = heard
    assert isinstance(facts, RequestAccepted)
    assert (facts.request_id, facts.user_id, facts.prompt_key) == (request.pk, alice.pk, "document_summary")


def test_finish_is_announced_with_its_figures(
    claim: Claim, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    attempt = begun(claim)
    with django_capture_on_commit_callbacks(execute=True):
        finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    call, request = heard
    assert isinstance(call, CallFinished)
    assert (call.outcome, call.reason, call.correction) == ("done", "first", False)
    assert isinstance(request, RequestFinished)
    assert (request.status, request.cost_usd) == ("done", Decimal("0.01"))
    assert request.usage == Usage(input_tokens=10, output_tokens=5)
    assert request.started is not None
    assert request.created <= request.started <= request.completed


def test_announcements_hold_no_text(
    claim: Claim, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    attempt = begun(claim)
    with django_capture_on_commit_callbacks(execute=True):
        finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    assert DONE.text not in repr(heard)
    assert not {"payload", "result", "partial", "output"} & {field.name for field in fields(RequestFinished)}


def test_lost_fence_is_not_announced_again(
    claim: Claim, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    attempt = begun(claim)
    with django_capture_on_commit_callbacks(execute=True):
        finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
        with pytest.raises(FenceLost):
            finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    assert endings(heard) == [("done", "")]
    assert len(heard) == 2


def test_putting_back_is_no_end(
    claim: Claim, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    attempt = begun(claim)
    with django_capture_on_commit_callbacks(execute=True):
        put_back(claim.request, attempt=attempt, after_s=0, reason=AttemptReason.RESUMED, closed=closed(attempt))
    assert endings(heard) == []


def test_late_exact_figure_is_announced_as_a_correction(
    claim: Claim, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    attempt = begun(claim)
    finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt, cost="0.05", estimated=True))
    with django_capture_on_commit_callbacks(execute=True):
        for _twice in range(2):
            record_late(claim.request, closed(attempt, cost="0.02"))
    (facts,) = heard
    assert isinstance(facts, CallFinished)
    assert (facts.correction, facts.cost_usd) == (True, Decimal("-0.03"))


def test_cancelled_while_waiting(
    waiting: AIRequest, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        cancel(waiting)
        cancel(waiting)
    assert endings(heard) == [("cancelled", "")]


def overdue(_claim: Claim, _lease: WorkerLease) -> None:
    AIRequest.objects.update(status=Status.PENDING, lease=None, deadline=seconds_from_now(-1))


def cancelled_and_lost(claim: Claim, lease: WorkerLease) -> None:
    begin(claim, "Half")
    cancel(claim.request)
    expire(lease)


def lost_for_the_last_time(claim: Claim, lease: WorkerLease) -> None:
    begin(claim, "Half")
    AIRequest.objects.update(takeovers=F("takeovers") + 2)
    expire(lease)


@pytest.mark.parametrize(
    ("fate", "ending"),
    [
        (overdue, ("expired", "deadline_exceeded")),
        (cancelled_and_lost, ("cancelled", "")),
        (lost_for_the_last_time, ("failed", "worker_lost")),
    ],
)
def test_ended_by_the_sweep(
    claim: Claim,
    lease: WorkerLease,
    heard: Heard,
    fate: Callable[[Claim, WorkerLease], None],
    ending: tuple[str, str],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    fate(claim, lease)
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
        sweep()
    assert endings(heard) == [ending]


def test_what_is_rolled_back_is_not_announced(
    claim: Claim, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    attempt = begun(claim)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
        transaction.set_rollback(True)
    assert heard == []


def test_raising_receiver_harms_nobody(
    claim: Claim, heard: Heard, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("a receiver's own trouble")

    request_finished.connect(broken)
    attempt = begun(claim)
    with django_capture_on_commit_callbacks(execute=True):
        finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    request_finished.disconnect(broken)
    assert endings(heard) == [("done", "")]
    assert AIRequest.objects.get().status == Status.DONE


@pytest.mark.usefixtures("committed")
def test_thread_that_may_not_wait_hands_its_announcements_on() -> None:
    signal, handed, told = Signal(), [], []  # type: ignore[var-annotated]
    signal.connect(lambda facts, **_: told.append(facts), weak=False)

    def hurry() -> None:
        deliver_through(handed.append)
        announce(signal, "facts")

    thread = threading.Thread(target=hurry)
    thread.start()
    thread.join()
    assert told == []
    handed[0]()
    assert told == ["facts"]
