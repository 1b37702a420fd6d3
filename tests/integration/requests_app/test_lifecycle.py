from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pgtrigger
import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from ai.models import LLMUsageLog
from ai.routing import model
from ai.types import Usage
from requests_app.budgets import Amount
from requests_app.intake import accept, cancel
from requests_app.lifecycle import (
    Claim,
    ClosedCall,
    Ending,
    FenceLost,
    Opening,
    claim,
    finish,
    open_calls,
    put_back,
    record_late,
)
from requests_app.models import (
    AIAttempt,
    AIRequest,
    AttemptReason,
    BudgetWindow,
    HoldShare,
    RequestMove,
    Status,
    StreamChunk,
    WorkerLease,
)
from requests_app.models.request import FINAL, MOVES
from tests.integration.requests_app.conftest import SUMMARY, claim_next, new_lease, opened

SMALL = "smollm2-135m-instruct"
DONE = Ending(status=Status.DONE, text="The answer.")
FAILED = Ending(status=Status.FAILED, code="refused")
GUARD = "requests_app.AIRequest:moves"


def begun(claim: Claim) -> int:
    return opened(claim, attempt=claim.attempt)


def opening(found: Claim) -> Opening:
    return Opening(
        request_id=found.request.pk,
        fence=found.attempt,
        number=found.attempt,
        reason=AttemptReason.FIRST,
        model=model(SMALL),
    )


def closed(attempt: int, *, outcome: str = "done", cost: str | None = "0.01", estimated: bool = False) -> ClosedCall:
    return ClosedCall(
        attempt=attempt,
        provider="embedded",
        model=SMALL,
        reason="first",
        outcome=outcome,
        usage=Usage(input_tokens=10, output_tokens=5, estimated=estimated),
        cost_usd=None if cost is None else Decimal(cost),
        price=None,
    )


def test_claim_raises_the_fence_and_writes_no_attempt(claim: Claim) -> None:
    assert (claim.attempt, claim.calls_made) == (1, 0)
    assert 100 < claim.seconds_left <= 120
    assert not AIAttempt.objects.exists()


def test_claimed_request_is_claimed_once(claim: Claim) -> None:
    assert claim_next(new_lease().pk) is None


def test_several_are_claimed_by_one_query_in_the_order_of_their_turns(
    alice: User, bob: User, lease: WorkerLease, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for user in (alice, alice, bob):
        accept(user, SUMMARY)
    with django_assert_num_queries(1):
        claims = claim([lease.pk] * 4)
    assert [found and found.request.user_id for found in claims] == [alice.pk, bob.pk, alice.pk, None]
    assert {found.attempt for found in claims if found} == {1}


def test_lost_lease_costs_the_others_nothing(waiting: AIRequest, lease: WorkerLease) -> None:
    found, missed = claim([uuid4(), lease.pk])
    assert missed is None
    assert found is not None
    assert found.request.lease_id == lease.pk


def test_calls_open_together_each_under_its_own_fence(
    alice: User, lease: WorkerLease, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(3):
        accept(alice, SUMMARY)
    claims = [found for found in claim([lease.pk] * 3) if found]
    taken = claims[1].request
    AIRequest.objects.filter(pk=taken.pk).update(attempt=2)
    openings = [opening(found) for found in claims]
    with django_assert_num_queries(1):
        assert open_calls(openings) == [True, False, True]
    assert open_calls(openings) == [True, False, True], "the answer to a commit may be lost"
    assert AIAttempt.objects.count() == 2
    assert not AIAttempt.objects.filter(request=taken).exists()
    assert AIRequest.objects.get(pk=taken.pk).model == ""


def test_lease_that_was_taken_claims_nothing(waiting: AIRequest) -> None:
    assert claim_next(uuid4()) is None


def test_first_call_takes_the_claimed_number(claim: Claim) -> None:
    assert begun(claim) == 1
    assert AIRequest.objects.get().attempt == 1


def test_next_call_raises_the_number_and_charges_the_last(claim: Claim) -> None:
    number = opened(
        claim, attempt=begun(claim), reason=AttemptReason.RETRY, closed=closed(1, outcome="provider_unavailable")
    )
    assert number == 2
    assert list(AIAttempt.objects.values_list("number", "reason", "outcome")) == [
        (1, "first", "provider_unavailable"),
        (2, "retry", ""),
    ]
    assert LLMUsageLog.objects.get().attempt == 1


def test_finish_is_whole(claim: Claim) -> None:
    attempt = begun(claim)
    StreamChunk.objects.create(request_id=claim.request.pk, attempt=attempt, start=0, text="The")
    finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    request = AIRequest.objects.get()
    assert (request.status, request.result, request.partial) == (Status.DONE, "The answer.", "")
    assert (request.input_tokens, request.output_tokens, request.cost_usd) == (10, 5, Decimal("0.01"))
    assert request.lease is None
    assert request.completed is not None
    assert not StreamChunk.objects.exists()


@pytest.mark.parametrize(
    ("ending", "refused", "length"),
    [
        (DONE, False, len(DONE.text)),
        (replace(DONE, text="I'm sorry, but I can't help with that."), True, 38),
        (Ending(status=Status.FAILED, text="No", code="refused"), True, None),
        (Ending(status=Status.FAILED, text="No", code="incomplete"), None, None),
        (Ending(status=Status.CANCELLED, text="No"), None, None),
    ],
)
def test_row_says_whether_the_model_refused_and_how_much_it_wrote(
    claim: Claim, ending: Ending, refused: bool | None, length: int | None
) -> None:
    attempt = begun(claim)
    finish(claim.request, attempt=attempt, ending=ending, closed=closed(attempt))
    claim.request.refresh_from_db()
    assert (claim.request.refused, claim.request.answer_length) == (refused, length)


def test_unfinished_answer_is_kept_as_partial(claim: Claim) -> None:
    attempt = begun(claim)
    ending = Ending(status=Status.FAILED, text="The", code="incomplete", message="cut")
    finish(claim.request, attempt=attempt, ending=ending, closed=closed(attempt))
    request = AIRequest.objects.get()
    assert (request.result, request.partial, request.error_code) == (None, "The", "incomplete")


def test_value_and_its_mark_are_stored_with_the_end(claim: Claim) -> None:
    attempt = begun(claim)
    output = {"urgency": "high", "note": "a\u2028🦊", "n": [1, 2.5, None, True]}
    ending = Ending(status=Status.DONE, text="{'urgency': ...}", output=output, repaired=True)
    finish(claim.request, attempt=attempt, ending=ending, closed=closed(attempt))
    request = AIRequest.objects.get()
    assert (request.result, request.output, request.repaired) == ("{'urgency': ...}", output, True)


def test_answer_without_a_form_has_no_value(claim: Claim) -> None:
    attempt = begun(claim)
    finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    assert AIRequest.objects.filter(output__isnull=True, repaired=False).exists()


def test_second_question_is_not_asked_again_after_a_takeover(claim: Claim, lease: WorkerLease) -> None:
    assert not claim.reasked
    attempt = opened(
        claim, attempt=begun(claim), reason=AttemptReason.REASK, closed=closed(1, outcome="output_invalid")
    )
    put_back(claim.request, attempt=attempt, after_s=0, reason=AttemptReason.TAKEOVER, closed=None)
    again = claim_next(lease.pk)
    assert again is not None
    assert (again.reasked, again.calls_made) == (True, 2)


def test_lost_second_question_counts_the_answer_it_showed(claim: Claim) -> None:
    attempt = opened(claim, attempt=begun(claim), reason=AttemptReason.REASK, closed=closed(1))
    finish(claim.request, attempt=attempt, ending=Ending(status=Status.CANCELLED), closed=None)
    lost = LLMUsageLog.objects.get(attempt=attempt)
    assert lost.input_tokens == claim.request.input_estimate + 5


def test_unknown_price_makes_the_cost_unknown(claim: Claim) -> None:
    attempt = begun(claim)
    finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt, cost=None))
    assert AIRequest.objects.get().cost_usd is None


@pytest.mark.parametrize("stale", [0, 2])
def test_wrong_fence_changes_nothing(claim: Claim, stale: int) -> None:
    begun(claim)
    with pytest.raises(FenceLost):
        finish(claim.request, attempt=stale, ending=DONE, closed=None)
    with pytest.raises(FenceLost):
        put_back(claim.request, attempt=stale, after_s=0, reason=AttemptReason.RESUMED, closed=None)
    with pytest.raises(FenceLost):
        opened(claim, attempt=stale, reason=AttemptReason.RETRY, closed=None)
    assert AIRequest.objects.get().status == Status.PROCESSING


def test_spend_of_a_fenced_call_is_recorded(claim: Claim, lease: WorkerLease) -> None:
    attempt = begun(claim)
    put_back(claim.request, attempt=attempt, after_s=0, reason=AttemptReason.TAKEOVER, closed=None)
    again = claim_next(lease.pk)
    assert again is not None
    with pytest.raises(FenceLost):
        finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    rows = LLMUsageLog.objects.filter(attempt=attempt)
    assert list(rows.order_by("kind").values_list("kind", "estimated")) == [("call", True), ("correction", False)]
    assert LLMUsageLog.objects.totals(claim.request.pk)["cost_usd"] == Decimal("0.01")
    assert AIRequest.objects.get().status == Status.PROCESSING


def test_end_without_a_closed_call_charges_an_estimate(claim: Claim) -> None:
    attempt = begun(claim)
    ending = Ending(status=Status.FAILED, text="Half an answer.", code="internal_error", message="ours")
    finish(claim.request, attempt=attempt, ending=ending, closed=None)
    row = LLMUsageLog.objects.get()
    assert (row.attempt, row.estimated) == (attempt, True)
    assert row.output_tokens > 0
    assert AIAttempt.objects.get().outcome == "internal_error"
    assert AIRequest.objects.get().usage_estimated


def test_late_exact_figure_corrects_the_estimate_once(claim: Claim) -> None:
    attempt = begun(claim)
    finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt, cost="0.05", estimated=True))
    assert AIRequest.objects.get().usage_estimated
    for _twice in range(2):
        record_late(claim.request, closed(attempt, cost="0.02"))
    request = AIRequest.objects.get()
    assert (request.cost_usd, request.usage_estimated) == (Decimal("0.02"), False)
    assert LLMUsageLog.objects.count() == 2


def test_usage_says_whose_it_was_and_for_what(claim: Claim) -> None:
    attempt = begun(claim)
    finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt, estimated=True))
    record_late(claim.request, closed(attempt, cost="0.02"))
    request = claim.request
    rows = LLMUsageLog.objects.values_list("subject", "scope", "object_id", "metadata")
    assert list(rows) == [(request.user_id, request.team_id, "ticket-7", {"desk": "north"})] * 2


def test_put_back_waits_for_its_time(claim: Claim, lease: WorkerLease) -> None:
    attempt = begun(claim)
    put_back(claim.request, attempt=attempt, after_s=60, reason=AttemptReason.RESUMED, closed=closed(attempt))
    assert AIRequest.objects.get().status == Status.PENDING
    assert claim_next(lease.pk) is None


def test_put_back_gives_way_to_a_cancel(claim: Claim) -> None:
    cancel(claim.request)
    with pytest.raises(FenceLost):
        put_back(claim.request, attempt=claim.attempt, after_s=0, reason=AttemptReason.RESUMED, closed=None)


def test_usage_rows_cannot_be_changed(claim: Claim) -> None:
    attempt = begun(claim)
    finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    for change in (lambda: LLMUsageLog.objects.update(cost_usd=0), LLMUsageLog.objects.all().delete):
        with pytest.raises(ProgrammingError, match="insert_only"), transaction.atomic():
            change()


@pytest.mark.parametrize("source", Status.values)
@pytest.mark.parametrize("target", Status.values)
def test_only_the_moves_of_the_table_are_made(waiting: AIRequest, source: str, target: str) -> None:
    lease = new_lease() if source == Status.PROCESSING else None
    result = "x" if source == Status.DONE else None
    with pgtrigger.ignore(GUARD):
        AIRequest.objects.update(status=source, lease=lease, result=result)
    fields = {"lease": new_lease()} if target == Status.PROCESSING else {}
    fields |= {"result": "x" if target == Status.DONE else None}  # type: ignore[dict-item]
    moved = AIRequest.objects.move(Status(target), **fields)
    assert moved == (1 if target in MOVES.get(source, ()) else 0)


@pytest.mark.parametrize("source", sorted(FINAL))
def test_database_lets_nothing_leave_a_final_status(waiting: AIRequest, source: str) -> None:
    with pgtrigger.ignore(GUARD):
        AIRequest.objects.update(status=source, result="x" if source == Status.DONE else None)
    for target in set(Status.values) - {source}:
        with pytest.raises(ProgrammingError, match="Invalid transition"), transaction.atomic():
            AIRequest.objects.update(status=target)


def test_every_move_is_written_down(claim: Claim) -> None:
    attempt = begun(claim)
    put_back(claim.request, attempt=attempt, after_s=0, reason=AttemptReason.RESUMED, closed=closed(attempt))
    again = claim_next(new_lease().pk)
    assert again is not None
    finish(again.request, attempt=again.attempt, ending=FAILED, closed=None)
    moves = RequestMove.objects.values_list("source", "target", "attempt", "code")
    assert list(moves) == [
        ("", "pending", 0, ""),
        ("pending", "processing", 1, ""),
        ("processing", "pending", 1, "resumed"),
        ("pending", "processing", 2, ""),
        ("processing", "failed", 2, "refused"),
    ]


def test_move_that_is_rolled_back_is_not_written_down(claim: Claim) -> None:
    with pytest.raises(FenceLost):
        finish(claim.request, attempt=claim.attempt + 1, ending=FAILED, closed=None)
    assert not RequestMove.objects.filter(target=Status.FAILED).exists()


def test_final_is_what_nothing_leaves() -> None:
    assert {Status.DONE, Status.REJECTED, Status.FAILED, Status.CANCELLED, Status.EXPIRED} == FINAL


def test_database_refuses_a_result_without_done(waiting: AIRequest) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AIRequest.objects.update(result="leaked")


def test_text_that_no_flush_saw_still_has_a_first_token(claim: Claim) -> None:
    attempt = begun(claim)
    finish(claim.request, attempt=attempt, ending=DONE, closed=closed(attempt))
    request = AIRequest.objects.get()
    assert request.first_token is not None
    assert request.completed is not None
    assert request.first_token <= request.completed


def test_first_call_may_be_opened_twice(claim: Claim) -> None:
    assert begun(claim) == begun(claim) == 1
    assert AIAttempt.objects.count() == 1


def test_further_call_may_be_opened_twice(claim: Claim) -> None:
    first = begun(claim)
    for _twice in range(2):
        number = opened(claim, attempt=first, reason=AttemptReason.RETRY, closed=closed(first))
        assert number == 2
    assert list(AIAttempt.objects.values_list("number", flat=True)) == [1, 2]
    assert LLMUsageLog.objects.count() == 1


def test_call_of_another_claim_is_not_taken_for_our_own(claim: Claim) -> None:
    first = begun(claim)
    put_back(claim.request, attempt=first, after_s=0, reason=AttemptReason.TAKEOVER, closed=closed(first))
    other = claim_next(new_lease().pk)
    assert other is not None
    assert begun(other) == 2
    with pytest.raises(FenceLost):
        opened(claim, attempt=first, reason=AttemptReason.RETRY, closed=closed(first))


def test_call_that_is_recorded_twice_is_charged_once(claim: Claim) -> None:
    attempt = begun(claim)
    for _twice in range(2):
        record_late(claim.request, closed(attempt))
    window = BudgetWindow.objects.get()
    assert window.used == 15


def test_late_exact_figure_corrects_what_was_charged(claim: Claim) -> None:
    attempt = begun(claim)
    record_late(claim.request, replace(closed(attempt), usage=Usage(input_tokens=40, output_tokens=40, estimated=True)))
    assert BudgetWindow.objects.get().used == 80
    record_late(claim.request, closed(attempt))
    assert BudgetWindow.objects.get().used == 15


def test_late_figure_leaves_the_present_call_what_is_held_for_it(claim: Claim, lease: WorkerLease) -> None:
    attempt = begun(claim)
    put_back(claim.request, attempt=attempt, after_s=0, reason=AttemptReason.TAKEOVER, closed=None)
    again = claim_next(lease.pk)
    assert again is not None
    opened(again, attempt=again.attempt, most=Amount(tokens=50_000))
    late = replace(closed(attempt), usage=Usage(input_tokens=2_000, output_tokens=3_000))
    record_late(claim.request, late)
    window = BudgetWindow.objects.get()
    assert window.used == 5_000
    assert window.held == 50_000
    assert HoldShare.objects.get().held == 50_000
