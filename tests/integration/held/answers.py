"""Answers in every state in which they are kept back, each with a word that stands nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from accounts.models import User
from ai.types import Usage
from requests_app import deletion, lifecycle, review
from requests_app.lifecycle import Claim, ClosedCall, Ending, finish
from requests_app.live import LiveChunk
from requests_app.models import AIRequest, AIReviewQueue, AttemptReason, Status
from requests_app.writer import insert_chunks
from tests.integration.requests_app.conftest import SMALL, opened
from tests.integration.requests_app.test_review import answer, ask, later

MARK = "zq7781"
FORM = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}


def word(place: str) -> str:
    """Of one place, so that a failure says which text got out."""
    return f"{MARK}{place}"


@dataclass
class Held:
    """One user's requests, and their reviews, whose texts nobody but reviewers may see."""

    requests: list[AIRequest] = field(default_factory=list)

    @property
    def items(self) -> list[AIReviewQueue]:
        return list(AIReviewQueue.objects.filter(request__in=self.requests).order_by("pk"))

    def add(self, request: AIRequest) -> AIRequest:
        self.requests.append(request)
        return request


def hold_in_every_state(asker: User, judge: User) -> Held:
    held = Held()
    held.add(after_a_failed_attempt(asker))
    held.add(running(asker).request)
    held.add(put_back(asker))
    held.add(broken_off(asker))
    for decide in (edited, rejected, escalated):
        decide(held.add(answer(ask(asker), word("text"))).review, judge)
    turned_down = held.add(answer(ask(asker), word("rejected")))
    reject_at_once(turned_down.review, judge)
    review.withdraw(held.add(answer(ask(asker), word("withdrawn"))).pk)
    deletion.delete(held.add(answer(ask(asker), word("deleted"))))
    # Last: whatever is asked after it has its form too.
    held.add(answer(ask(asker, output=FORM), f'{{"word": "{word("value")}"}}', output={"word": word("value")}))
    return held


def running(asker: User) -> Claim:
    claim = ask(asker)
    write(claim, claim.attempt, word("chunk"))
    return claim


def after_a_failed_attempt(asker: User) -> AIRequest:
    claim = running(asker)
    second = opened(claim, attempt=claim.attempt, reason=AttemptReason.FALLBACK, closed=closed(claim))
    write(claim, second, word("chunk"))
    ending = Ending(status=Status.DONE, text=word("text"))
    finish(claim.request, attempt=second, ending=ending, closed=None)
    return AIRequest.objects.get(pk=claim.request.pk)


def put_back(asker: User) -> AIRequest:
    """Waiting again, its first attempt's text still in the log."""
    claim = running(asker)
    lifecycle.put_back(
        claim.request, attempt=claim.attempt, after_s=3600, reason=AttemptReason.RESUMED, closed=closed(claim)
    )
    return AIRequest.objects.get(pk=claim.request.pk)


def broken_off(asker: User) -> AIRequest:
    claim = running(asker)
    ending = Ending(status=Status.FAILED, text=word("partial"), code="incomplete", message="It broke off.")
    finish(claim.request, attempt=claim.attempt, ending=ending, closed=None)
    return AIRequest.objects.get(pk=claim.request.pk)


def edited(item: AIReviewQueue, judge: User) -> None:
    """Decided, and not yet carried out."""
    review.take(judge, item.pk)
    review.approve(judge, item.pk, note=word("note"), text=word("edited"))


def rejected(item: AIReviewQueue, judge: User) -> None:
    """Decided, and not yet carried out: the reason is nobody's yet either."""
    review.take(judge, item.pk)
    review.reject(judge, item.pk, note=word("note"))


def escalated(item: AIReviewQueue, judge: User) -> None:
    review.take(judge, item.pk)
    review.escalate(judge, item.pk, word("escalation"))


def reject_at_once(item: AIReviewQueue, judge: User) -> None:
    review.take(judge, item.pk)
    review.reject(judge, item.pk, note="The year is wrong.")
    carry_out(item)


def carry_out(item: AIReviewQueue) -> None:
    later(item)
    assert review.deliver() == 1


def closed(claim: Claim) -> ClosedCall:
    return ClosedCall(
        attempt=claim.attempt, provider="embedded", model=SMALL, reason="first", outcome="failed",
        usage=Usage(input_tokens=9, output_tokens=4), cost_usd=Decimal(0), price=None,
    )  # fmt: skip


def write(claim: Claim, attempt: int, text: str) -> None:
    chunk = LiveChunk(request_id=claim.request.pk, attempt=attempt, start=0, text=text)
    assert insert_chunks([chunk]) == {(claim.request.pk, attempt)}
