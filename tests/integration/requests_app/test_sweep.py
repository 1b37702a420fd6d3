from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Sum

from accounts.models import User
from ai.models import LLMUsageLog
from requests_app import lifecycle
from requests_app.intake import Idempotency, accept, cancel
from requests_app.lifecycle import Claim, Ending, FenceLost, finish
from requests_app.models import (
    AIAttempt,
    AIRequest,
    BudgetHold,
    BudgetWindow,
    HoldState,
    IdempotencyKey,
    Status,
    StreamChunk,
    WorkerLease,
)
from requests_app.models.clock import seconds_from_now
from requests_app.sweep import ADVISORY_LOCK, Swept, sweep
from tests.integration.requests_app.conftest import SUMMARY, claim_next, new_lease, opened


def begin(claim: Claim, text: str = "") -> None:
    """A call under way, with this text in the log."""
    opened(claim, attempt=claim.attempt)
    if text:
        StreamChunk.objects.create(request_id=claim.request.pk, attempt=claim.attempt, start=0, text=text)


def expire(lease: WorkerLease) -> None:
    WorkerLease.objects.filter(pk=lease.pk).update(expires_at=seconds_from_now(-1))


def test_nothing_to_do_is_done(db: None) -> None:
    assert sweep() == Swept()


def test_lost_lease_queues_its_request_again(claim: Claim, lease: WorkerLease) -> None:
    begin(claim, "Half")
    expire(lease)
    assert sweep() == Swept(leases=1, taken_back=1)
    request = AIRequest.objects.get()
    assert (request.status, request.takeovers, request.attempt_reason) == (Status.PENDING, 1, "takeover")
    assert not WorkerLease.objects.exists()


def test_lost_call_is_charged_as_an_estimate(claim: Claim, lease: WorkerLease) -> None:
    begin(claim, "Half an answer.")
    expire(lease)
    sweep()
    row = LLMUsageLog.objects.get()
    assert (row.object_id, row.metadata) == ("ticket-7", {"desk": "north"})
    assert row.estimated
    assert row.input_tokens == claim.request.input_estimate > 0
    assert row.output_tokens > 0
    assert AIAttempt.objects.get().outcome == "worker_lost"


def test_living_lease_is_left_alone(claim: Claim) -> None:
    assert sweep() == Swept()
    assert AIRequest.objects.get().status == Status.PROCESSING


def test_cancel_of_a_dead_worker_is_carried_out(claim: Claim, lease: WorkerLease) -> None:
    begin(claim, "Half")
    cancel(claim.request)
    expire(lease)
    sweep()
    request = AIRequest.objects.get()
    assert (request.status, request.partial) == (Status.CANCELLED, "Half")


def test_last_lost_worker_fails_the_request(claim: Claim, lease: WorkerLease) -> None:
    begin(claim, "Half")
    AIRequest.objects.update(takeovers=F("takeovers") + 2)
    expire(lease)
    sweep()
    request = AIRequest.objects.get()
    assert (request.status, request.error_code, request.partial) == (Status.FAILED, "worker_lost", "Half")
    assert not StreamChunk.objects.exists()


def test_waiting_past_the_deadline_expires(waiting: AIRequest) -> None:
    AIRequest.objects.update(deadline=seconds_from_now(-1))
    assert sweep() == Swept(expired=1)
    request = AIRequest.objects.get()
    assert (request.status, request.error_code) == (Status.EXPIRED, "deadline_exceeded")
    assert request.cost_usd == 0


def test_waiting_request_with_a_wish_to_cancel_cannot_be(waiting: AIRequest) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AIRequest.objects.update(cancel_requested_at=seconds_from_now(0))


def test_cancel_that_its_worker_does_not_carry_out_is_carried_out(claim: Claim) -> None:
    begin(claim, "Half")
    cancel(claim.request)
    assert sweep() == Swept(), "its worker has a while to do so"
    AIRequest.objects.update(cancel_requested_at=seconds_from_now(-11))
    assert sweep() == Swept(cancelled=1)
    request = AIRequest.objects.get()
    assert (request.status, request.partial, request.lease_id) == (Status.CANCELLED, "Half", None)
    assert BudgetHold.objects.get().state == HoldState.SETTLED
    assert LLMUsageLog.objects.get().estimated
    with pytest.raises(FenceLost):
        finish(claim.request, attempt=claim.attempt, ending=Ending(status=Status.DONE, text="All"), closed=None)


def test_hold_of_an_open_request_stays(claim: Claim) -> None:
    BudgetHold.objects.update(expires=seconds_from_now(-61))
    assert sweep() == Swept()
    assert BudgetHold.objects.get().state == HoldState.OPEN


def test_hold_without_an_open_request_gives_back_what_it_held(waiting: AIRequest) -> None:
    AIRequest.objects.update(status=Status.CANCELLED)
    assert sweep() == Swept()
    BudgetHold.objects.update(expires=seconds_from_now(-61))
    assert sweep() == Swept(holds=1)
    assert BudgetHold.objects.get().state == HoldState.SETTLED
    assert BudgetWindow.objects.get().held == 0
    assert sweep() == Swept()


def test_one_that_cannot_be_put_right_holds_up_no_other(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned, other = (accept(alice, SUMMARY).request for _each in range(2))
    AIRequest.objects.update(deadline=seconds_from_now(-1))
    text_of = lifecycle.text_of
    monkeypatch.setattr(lifecycle, "text_of", lambda request: [][1] if request.pk == poisoned.pk else text_of(request))
    assert sweep() == Swept(expired=1)
    other.refresh_from_db()
    assert other.status == Status.EXPIRED


def test_raced_chunks_go_and_living_ones_stay(claim: Claim) -> None:
    begin(claim, "now")
    StreamChunk.objects.create(request_id=claim.request.pk, attempt=0, start=0, text="old attempt")
    assert sweep() == Swept(chunks=1)
    assert StreamChunk.objects.get().text == "now"


def test_keys_are_kept_for_a_day(alice: User) -> None:
    for name in ("old", "new"):
        accept(alice, SUMMARY, Idempotency(key=name, method="POST", path="/", body_hash="x"))
    IdempotencyKey.objects.filter(key="old").update(created=F("created") - timedelta(hours=25))
    assert sweep() == Swept(keys=1)
    assert IdempotencyKey.objects.get().key == "new"


@pytest.mark.usefixtures("committed")
def test_one_sweep_at_a_time() -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
            held.set()
            release.wait(10)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    assert sweep() is None
    release.set()
    other.join()
    assert sweep() == Swept()


def sweep_until_done(found: list[Swept]) -> None:
    """Again and again, past those of others."""
    for _each in range(5):
        while (swept := sweep()) is None:
            pass
        found.append(swept)
    connection.close()


@pytest.mark.usefixtures("committed")
def test_many_sweeps_at_once_put_each_thing_right_once() -> None:
    person = User.objects.create_user("alice")
    leases = [new_lease(), new_lease()]
    claims = []
    for lease in (*leases, *leases):
        accept(person, SUMMARY)
        claimed = claim_next(lease.pk)
        assert claimed is not None
        begin(claimed, "Half")
        claims.append(claimed)
    cancel(claims[0].request)
    for lease in leases:
        expire(lease)
    found: list[Swept] = []
    threads = [threading.Thread(target=sweep_until_done, args=[found]) for _each in range(5)]
    for thread in threads:
        thread.start()
    call_command("sweep", stdout=StringIO())
    for thread in threads:
        thread.join()
    assert len(found) == 25
    assert all(swept in (Swept(), Swept(leases=2, taken_back=4)) for swept in found)
    assert sorted(AIRequest.objects.values_list("status", "takeovers")) == [("cancelled", 1)] + [("pending", 1)] * 3
    assert LLMUsageLog.objects.count() == 4
    assert sorted(BudgetHold.objects.values_list("state", flat=True)) == ["open"] * 3 + ["settled"]
    used = LLMUsageLog.objects.aggregate(used=Sum(F("input_tokens") + F("output_tokens")))["used"]
    assert BudgetWindow.objects.get().used == used
