"""The steps of a running request, each one transaction: claim, open a call, put back, finish.

Everything that writes text, result or status is fenced by the attempt number; what a call used is recorded whoever won.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce
from uuid_utils.compat import uuid7

from ai.pricing import cost_of
from ai.review.verdict import Verdict
from ai.routing import catalogue_at, models
from ai.tokens import estimate
from ai.tracking import LLMUsageLog, log_usage
from ai.traffic import PassedOver
from ai.types import JSON, ModelSpec, Usage
from requests_app import finding, judging, ledger, sources
from requests_app.budgets import NOTHING, Amount
from requests_app.models import (
    FINAL,
    AIAttempt,
    AIRequest,
    AIReviewQueue,
    AttemptReason,
    QualityReport,
    ReviewAction,
    ReviewStep,
    Status,
    StreamChunk,
)
from requests_app.models.clock import DatabaseClock, seconds_from_now
from requests_app.models.request import AIRequestQuerySet
from requests_app.models.review import due_s
from requests_app.reuse import Earlier, free_twins
from requests_app.signals import announce_finished

CLAIM = """
SELECT claimed.*, EXTRACT(EPOCH FROM claimed.deadline - clock_timestamp())::float8 AS seconds_left,
    (SELECT count(*) FROM requests_app_aiattempt AS made WHERE made.request_id = claimed.id) AS calls_made,
    EXISTS (
        SELECT FROM requests_app_aiattempt AS made WHERE made.request_id = claimed.id AND made.reason = 'reask'
    ) AS reasked
FROM (
    SELECT (taken.row).* FROM (
        SELECT requests_app_claim_next(lease) AS row FROM unnest(%s::uuid[]) AS lease
    ) AS taken
) AS claimed
"""
OPEN = """
WITH wanted AS (
    SELECT * FROM unnest(
        %s::uuid[], %s::uuid[], %s::int[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[]
    ) AS row (id, request_id, fence, number, reason, provider, model, passed_over)
), held AS (
    UPDATE requests_app_airequest AS request SET
        attempt = wanted.number,
        attempt_reason = wanted.reason,
        provider = wanted.provider,
        model = wanted.model
    FROM wanted
    WHERE request.id = wanted.request_id AND request.attempt = wanted.fence AND request.status = 'processing'
    RETURNING request.id
), opened AS (
    INSERT INTO requests_app_aiattempt (id, request_id, number, reason, provider, model, outcome, passed_over)
    SELECT wanted.id, request_id, number, reason, provider, model, '', passed_over::jsonb
    FROM wanted JOIN held ON held.id = request_id
    ON CONFLICT DO NOTHING
)
SELECT id FROM held
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request in a worker's hands. ``attempt`` is the claimed number, ``seconds_left`` counts to the deadline."""

    request: AIRequest
    attempt: int
    seconds_left: float
    calls_made: int
    reasked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A call that is about to begin. ``fence`` is the attempt under which its caller works, ``number`` the call's."""

    request_id: UUID
    fence: int
    number: int
    reason: AttemptReason
    model: ModelSpec
    passed: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedCall:
    """One provider call after its end, ready for the ledger."""

    attempt: int
    provider: str
    model: str
    reason: str
    outcome: str
    usage: Usage
    cost_usd: Decimal | None
    price: JSON | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a request ends: its final status and what is kept. A ``verdict`` may have people judge it first, or after."""

    status: Status
    text: str = ""
    output: Any = None
    repaired: bool = False
    code: str = ""
    message: str = ""
    verdict: Verdict | None = None
    refused: bool | None = None
    length: int | None = None
    """Both of the model's own answer, whatever people make of it later; None leaves what stands there."""
    earlier: Earlier | None = None
    """Whose answer it is, where none was asked for."""

    @property
    def kept_back(self) -> bool:
        return self.verdict is not None and self.verdict.kind == "gate"


class FenceLost(Exception):
    """Another worker, a cancel or the sweep was first: the caller has no say any more."""


def claim(leases: Sequence[UUID]) -> list[Claim | None]:
    """Take the next waiting request for each lease, or None where nothing waits. The order is the SQL function's."""
    claims: list[Claim | None] = [_claim(row) for row in AIRequest.objects.raw(CLAIM, [list(leases)])]
    return claims + [None] * (len(leases) - len(claims))


def _claim(row: AIRequest) -> Claim:
    facts: dict[str, Any] = vars(row)
    return Claim(
        request=row,
        attempt=row.attempt,
        seconds_left=facts["seconds_left"],
        calls_made=facts["calls_made"],
        reasked=facts["reasked"],
    )


def open_calls(openings: Sequence[Opening]) -> list[bool]:
    """Write the rows of calls that are about to begin; returns which hold their fence. First calls may be repeated."""
    rows = [
        (
            uuid7(),
            call.request_id,
            call.fence,
            call.number,
            call.reason.value,
            call.model.provider.name,
            call.model.name,
            json.dumps([asdict(each) for each in call.passed]),
        )
        for call in sorted(openings, key=lambda call: call.request_id)  # as everybody who locks several requests
    ]
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [list(column) for column in zip(*rows, strict=True)])
        held = {request_id for (request_id,) in cursor.fetchall()}
    return [call.request_id in held for call in openings]


def open_call(
    request: AIRequest,
    *,
    attempt: int,
    model: ModelSpec,
    reason: AttemptReason,
    most: Amount,
    closed: ClosedCall | None,
    passed: tuple[PassedOver, ...] = (),
) -> int:
    """Commit the row of a call that is about to begin, and return its number; raises FenceLost, BudgetExceeded.

    The first call of a claim takes the claimed number; each further one closes its predecessor and raises it. Budgets
    hold ``most`` for it. Safe to repeat where the answer to a commit was lost.
    """
    number = attempt if closed is None else attempt + 1
    opening = Opening(request_id=request.pk, fence=attempt, number=number, reason=reason, model=model, passed=passed)
    with _spend_stays(request, closed) as used:
        if not all(open_calls([opening])) and not _opened(request, number):
            raise FenceLost
        ledger.top_up(request.pk, most, used=used)
    return number


def _opened(request: AIRequest, number: int) -> bool:
    """Whether this very claim has opened the call already: a commit of ours whose answer was lost."""
    held = AIRequest.objects.held(request.pk, number).filter(lease_id=request.lease_id)
    return held.filter(attempts__number=number, attempts__outcome="").exists()


def put_back(
    request: AIRequest, *, attempt: int, after_s: float, reason: AttemptReason, closed: ClosedCall | None
) -> None:
    """Queue the request again; raises FenceLost, also where a cancel is under way."""
    with _spend_stays(request, closed) as used:
        if closed is None:
            used = close_lost_calls(request, text="", outcome="lost")
        if not AIRequest.objects.held(request.pk, attempt).put_back(after_s=after_s, reason=reason):
            raise FenceLost
        ledger.book(request.pk, used)


def finish(request: AIRequest, *, attempt: int, ending: Ending, closed: ClosedCall | None) -> None:
    """The one commit of the end: usage, status, text, and the chunk log cleared; raises FenceLost."""
    ending = _measured(ending)
    with _spend_stays(request, closed) as used:
        if closed is None:
            used = close_lost_calls(request, text=ending.text, outcome=ending.code or "lost")
        if ending.status == Status.DONE and ending.earlier is None:
            verdict = judging.verdict_on(request, text=ending.text, output=ending.output, repaired=ending.repaired)
            ending = replace(ending, verdict=verdict)
        end(AIRequest.objects.held(request.pk, attempt), request, ending, used=used)


def _measured(ending: Ending) -> Ending:
    if ending.status == Status.DONE:
        refused = judging.refuses(text=ending.text, output=ending.output)
        return replace(ending, refused=refused, length=len(ending.text))
    return replace(ending, refused=True) if ending.code == "refused" else ending


def cancel_waiting(request_id: UUID) -> bool:
    """End a request that no worker holds, with the text and the cost of earlier attempts; False where it is not so."""
    with transaction.atomic():
        row = AIRequest.objects.filter(pk=request_id, status=Status.PENDING)
        waiting = row.select_for_update(of=("self",)).first()
        if waiting is None:
            return False
        end(row, waiting, Ending(status=Status.CANCELLED, text=text_of(waiting)), used=NOTHING)
    return True


def end(row: AIRequestQuerySet, request: AIRequest, ending: Ending, *, used: Amount) -> None:
    """Move a row to its final status, or to review, in the caller's transaction, and settle ``used``; raises FenceLost.

    The windows of budgets, which all requests of a user share, are locked last and so for the shortest time.
    """
    # Text that was withdrawn before its first flush has been seen by nobody until now.
    seen = {"first_token": Coalesce("first_token", DatabaseClock())} if ending.text else {}
    if not row.move(_target(ending), **_kept(request, ending), **spent(request.pk), **seen):
        raise FenceLost
    StreamChunk.objects.filter(request_id=request.pk).delete()
    if ending.verdict is not None and ending.verdict.kind != "none":
        _queue_review(request, ending, ending.verdict)
    if not ending.kept_back:
        if ending.status == Status.DONE and ending.earlier is None:
            sources.cite(request, ending.text)
        announce_finished(request.pk)
    if request.fingerprint and request.status == Status.PROCESSING:
        transaction.on_commit(partial(free_twins, request.fingerprint), robust=True)
    ledger.close(request.pk, used)


def _target(ending: Ending) -> Status:
    return Status.REVIEW if ending.kept_back else ending.status


def _kept(request: AIRequest, ending: Ending) -> dict[str, Any]:
    """What the row says from now on; of a gated answer nothing but a whole one that nobody has to judge."""
    done = ending.status == Status.DONE and not ending.kept_back
    measured = {"refused": ending.refused, "answer_length": ending.length}
    return {
        **{name: value for name, value in measured.items() if value is not None},
        **(_whose(ending.earlier) if ending.earlier else {}),
        "result": ending.text if done else None,
        "partial": "" if done or request.gated else ending.text,
        "output": ending.output if done else None,
        "repaired": ending.repaired and done,
        "error_code": ending.code,
        "error_message": ending.message,
    }


def _whose(earlier: Earlier) -> dict[str, Any]:
    return {
        "answered_by_id": earlier.request_id,
        "provider": earlier.provider,
        "model": earlier.model,
        "saved_usd": earlier.saved_usd,
        "stale": earlier.stale,
    }


def _queue_review(request: AIRequest, ending: Ending, verdict: Verdict) -> None:
    """A kept-back answer stands here alone; one that is only looked at stands with its request."""
    kept = {"text": ending.text, "output": ending.output, "repaired": ending.repaired} if ending.kept_back else {}
    item = AIReviewQueue.objects.create(
        request=request,
        kind=verdict.kind,
        reasons=[asdict(reason) for reason in verdict.reasons],
        priority=verdict.priority,
        due=seconds_from_now(due_s(verdict.priority)),
        **kept,
    )
    ReviewAction.objects.create(item=item, step=ReviewStep.QUEUED)


def record_call(request: AIRequest, call: ClosedCall) -> Amount:
    """Close the attempt's row (the first word on its outcome stands) and write its usage, once. Returns the charge."""
    AIAttempt.objects.filter(request=request, number=call.attempt, outcome="").update(
        outcome=call.outcome, closed=DatabaseClock()
    )
    written = log_usage(
        reference=request.pk,
        attempt=call.attempt,
        subject=request.user_id,
        scope=request.team_id,
        object_id=request.object_id,
        metadata=request.metadata,
        prompt_key=request.prompt_key,
        prompt_version=request.prompt_version,
        provider=call.provider,
        model=call.model,
        reason=call.reason,
        outcome=call.outcome,
        usage=call.usage,
        cost_usd=call.cost_usd,
        price=call.price,
    )
    if written is not None and written.kind == LLMUsageLog.Kind.CORRECTION:
        _count_again(written)
    return NOTHING if written is None else Amount(tokens=written.tokens, usd=written.cost_usd)


def _count_again(correction: LLMUsageLog) -> None:
    """What a call used counts for the day of the call, however late it is known."""
    call = LLMUsageLog.objects.get(
        reference=correction.reference, attempt=correction.attempt, kind=LLMUsageLog.Kind.CALL
    )
    QualityReport.objects.count_again(call.created)


def text_of(request: AIRequest) -> str:
    """The logged text of the current attempt."""
    rows = StreamChunk.objects.filter(request_id=request.pk, attempt=request.attempt).order_by("start")
    return "".join(rows.values_list("text", flat=True))


def close_lost_calls(request: AIRequest, *, text: str, outcome: str) -> Amount:
    """Close calls whose end nobody saw, as far as we can know: their input, and the text that was written.

    Returns what to charge for them.
    """
    used = NOTHING
    known = {model.name: model for model in models(catalogue_at(request.catalogue))}
    for attempt in AIAttempt.objects.filter(request=request, outcome=""):
        called = known.get(attempt.model) or finding.model_named(attempt.model)
        written = estimate(text, called) if attempt.number == request.attempt else 0
        asked = request.input_estimate + _answer_shown(attempt)
        usage = Usage(input_tokens=asked, output_tokens=written, estimated=True)
        cost = cost_of(usage, called, at=attempt.started) if called else None
        call = ClosedCall(
            attempt=attempt.number,
            provider=attempt.provider,
            model=attempt.model,
            reason=attempt.reason,
            outcome=outcome,
            usage=usage,
            cost_usd=cost.usd if cost else None,
            price=cost.price if cost else None,
        )
        used += record_call(request, call)
    return used


def _answer_shown(attempt: AIAttempt) -> int:
    """A re-ask shows the model the answer of the call before; its tokens are input then."""
    if attempt.reason != AttemptReason.REASK:
        return 0
    before = LLMUsageLog.objects.filter(reference=attempt.request_id, attempt=attempt.number - 1)
    return int(before.aggregate(tokens=Sum("output_tokens", default=0))["tokens"])


def spent(request_id: UUID) -> dict[str, int | Decimal | bool | None]:
    """The sums of the ledger as the request's own columns."""
    return {
        **LLMUsageLog.objects.totals(request_id),
        "usage_estimated": bool(LLMUsageLog.objects.estimated_attempts(request_id)),
    }


@contextmanager
def _spend_stays(request: AIRequest, closed: ClosedCall | None) -> Iterator[Amount]:
    """One transaction for a step and the call it closes; a step that loses its fence still leaves the call recorded.

    What the call used is the step's to settle. The request's row is locked first, as by everybody who goes on to lock
    the windows of its budgets.
    """
    try:
        with transaction.atomic():
            _lock(request)
            yield NOTHING if closed is None else record_call(request, closed)
    except FenceLost:
        record_late(request, closed)
        raise


def record_late(request: AIRequest, call: ClosedCall | None) -> None:
    """Record a call whose request is in other hands; where that has ended already, its sums are brought up to date."""
    if call is None:
        return
    with transaction.atomic():
        _lock(request)  # a finish under way has read the sums already: wait for it, or this call is in nobody's
        used = record_call(request, call)
        AIRequest.objects.filter(pk=request.pk, status__in=FINAL).update(**spent(request.pk))
        ledger.book_late(request.pk, used)


def _lock(request: AIRequest) -> None:
    AIRequest.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=request.pk)
