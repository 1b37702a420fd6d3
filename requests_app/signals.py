"""What happens to requests, announced after the commit; ``ai.signals`` says how receivers are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.dispatch import Signal

from ai.signals import announce
from ai.types import Usage
from requests_app.models import AIOutputFeedback, AIRequest, AIReviewQueue

request_accepted = Signal()
request_finished = Signal()
feedback_given = Signal()
budget_reached = Signal()  # 80 or 100 percent of a window are used, each announced once
cost_reached = Signal()  # a cost alert, once a day
review_overdue = Signal()  # a review was not judged in time, each announced once
answers_stale = Signal()  # a document that they cite has changed, or is gone
swept = Signal()  # a sweep put something right: its facts are a requests_app.sweep.Swept


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAccepted:
    request_id: UUID
    user_id: UUID
    team_id: UUID
    prompt_key: str
    prompt_version: str
    lane: str
    priority: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFinished:
    """A request reached its final status. ``usage`` and ``cost_usd`` sum up all its calls; None is an unknown cost."""

    request_id: UUID
    user_id: UUID
    team_id: UUID
    prompt_key: str
    prompt_version: str
    lane: str
    priority: str
    status: str
    error_code: str
    provider: str
    model: str
    attempt: int
    takeovers: int
    created: datetime
    started: datetime | None
    first_token: datetime | None
    completed: datetime
    usage: Usage
    cost_usd: Decimal | None
    reusable: bool
    """Whether its prompt lets the answer serve again, and let an earlier one serve here."""
    reused: Literal["", "fresh", "stale"]
    """Where the answer is an earlier request's: whether it was still as young as its prompt wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven:
    """An answer was rated, for the first time or anew."""

    request_id: UUID
    user_id: UUID
    team_id: UUID
    prompt_key: str
    prompt_version: str
    model: str
    route: str
    rating: int
    created: datetime
    changed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOverdue:
    item_id: UUID
    request_id: UUID
    prompt_key: str
    prompt_version: str
    kind: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersStale:
    """How many answers one change of one document made stale; ``reason`` is changed or removed."""

    reason: str
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReached:
    window_id: UUID
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReached:
    """A day's known cost has reached a rule's limit. ``prompt_key`` may be empty and ``team_id`` None: all of them."""

    alert_id: UUID
    prompt_key: str
    team_id: UUID | None
    day: date
    cost_usd: Decimal
    limit_usd: Decimal


def announce_accepted(request: AIRequest) -> None:
    """For a request that the current transaction has inserted."""
    if request_accepted.has_listeners(RequestAccepted):
        announce(request_accepted, _accepted(request))


def announce_finished(request_id: UUID) -> None:
    """For a request that the current transaction has ended. Its row is read again: the database's clock filled it."""
    if request_finished.has_listeners(RequestFinished):
        row = AIRequest.objects.without_texts().get(pk=request_id)
        announce(request_finished, _finished(row))


def announce_stale(facts: AnswersStale) -> None:
    announce(answers_stale, facts)


def announce_feedback(request: AIRequest, given: AIOutputFeedback) -> None:
    """Ids and figures: what the user wrote beside them is for nobody who listens."""
    facts = FeedbackGiven(
        request_id=request.pk,
        user_id=request.user_id,
        team_id=request.team_id,
        prompt_key=given.prompt_key,
        prompt_version=given.prompt_version,
        model=given.model,
        route=given.route,
        rating=given.rating,
        created=given.created,
        changed=given.changed,
    )
    announce(feedback_given, facts)


def announce_overdue(item: AIReviewQueue) -> None:
    facts = ReviewOverdue(
        item_id=item.pk,
        request_id=item.request_id,
        prompt_key=item.request.prompt_key,
        prompt_version=item.request.prompt_version,
        kind=item.kind,
        due=item.due,
    )
    announce(review_overdue, facts)


def _accepted(request: AIRequest) -> RequestAccepted:
    return RequestAccepted(
        request_id=request.pk,
        user_id=request.user_id,
        team_id=request.team_id,
        prompt_key=request.prompt_key,
        prompt_version=request.prompt_version,
        lane=request.lane,
        priority=request.priority,
        created=request.created,
    )


def _finished(request: AIRequest) -> RequestFinished:
    if request.completed is None:
        raise ValueError(f"request {request.pk} is not finished")
    return RequestFinished(
        request_id=request.pk,
        user_id=request.user_id,
        team_id=request.team_id,
        prompt_key=request.prompt_key,
        prompt_version=request.prompt_version,
        lane=request.lane,
        priority=request.priority,
        status=request.status,
        error_code=request.error_code,
        provider=request.provider,
        model=request.model,
        attempt=request.attempt,
        takeovers=request.takeovers,
        created=request.created,
        started=request.started,
        first_token=request.first_token,
        completed=request.completed,
        usage=Usage(
            input_tokens=request.input_tokens or 0,
            cache_read_tokens=request.cache_read_tokens or 0,
            cache_write_tokens=request.cache_write_tokens or 0,
            output_tokens=request.output_tokens or 0,
            estimated=request.usage_estimated,
        ),
        cost_usd=request.cost_usd,
        reusable=bool(request.fingerprint),
        reused="" if request.answered_by_id is None else "stale" if request.stale else "fresh",
    )
