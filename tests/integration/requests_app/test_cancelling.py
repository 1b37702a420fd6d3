"""A request that waits after earlier calls keeps their text and their cost when it is cancelled."""

from __future__ import annotations

from decimal import Decimal

from requests_app.intake import cancel
from requests_app.lifecycle import Claim, put_back
from requests_app.models import AIRequest, AttemptReason, Status, StreamChunk
from requests_app.stream import Position, snapshot
from tests.integration.requests_app.test_lifecycle import begun, closed


def test_text_and_cost_of_earlier_calls_stay(claim: Claim) -> None:
    attempt = begun(claim)
    StreamChunk.objects.create(request_id=claim.request.pk, attempt=attempt, start=0, text="Half an answer")
    put_back(claim.request, attempt=attempt, after_s=60, reason=AttemptReason.RESUMED, closed=closed(attempt))
    cancelled = cancel(claim.request)
    assert (cancelled.status, cancelled.partial) == (Status.CANCELLED, "Half an answer")
    assert (cancelled.output_tokens, cancelled.cost_usd) == (5, Decimal("0.01"))
    assert snapshot(cancelled.pk, Position(attempt, 4)).text == " an answer"
    assert not StreamChunk.objects.exists()


def test_cancel_before_any_call_costs_nothing(waiting: AIRequest) -> None:
    assert cancel(waiting).cost_usd == 0
