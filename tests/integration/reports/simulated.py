"""Days as they might have been: requests, calls, ratings and reviews out of a seed, thick around both midnights."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from ai.models import LLMUsageLog
from requests_app.days import bounds
from requests_app.models import (
    AIOutputFeedback,
    AIRequest,
    AIReviewQueue,
    BudgetWindow,
    ReviewVerdict,
    Status,
    TokenBudget,
)
from tests.integration.admin.furniture import request_of

PROMPTS = [("summary", "1"), ("summary", "2"), ("chat", "1")]
CODES = ["provider_unavailable", "deadline_exceeded", "output_invalid", "refused"]
VERDICTS = [ReviewVerdict.APPROVED, ReviewVerdict.EDITED, ReviewVerdict.REJECTED]
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


class Simulation:
    """Everything of one seed around one day."""

    def __init__(self, user: User, day: date, seed: int) -> None:
        self.user = user
        self.starts, self.ends = (moment.astimezone(UTC) for moment in bounds(day))  # whose hours are hours
        self.draw = random.Random(seed)
        self.earlier: AIRequest | None = None

    def run(self, requests: int = 80) -> None:
        for number in range(requests):
            self._request(number)
        self._budgets()

    def moment(self) -> datetime:
        """On the day or near it, and often at the very edge."""
        edges = [self.starts - INSTANT, self.starts, self.ends - INSTANT, self.ends]
        if self.draw.random() < 0.2:
            return self.draw.choice(edges)
        return self.starts - 3 * HOUR + self.draw.random() * (self.ends - self.starts + 6 * HOUR)

    def _request(self, number: int) -> None:
        draw = self.draw
        status = draw.choice([Status.DONE] * 6 + [s for s in Status if s not in {Status.PROCESSING, Status.DONE}])
        key, version = draw.choice(PROMPTS)
        completed = self.moment()
        created = completed - timedelta(seconds=draw.uniform(0.2, 90))
        row = request_of(
            self.user, status=status, prompt_key=key, prompt_version=version, created=created,
            **self._ending(status, created, completed),
        )  # fmt: skip
        self.earlier = row
        for attempt in range(1, draw.randint(1, 3)):
            self._call(row, attempt)
        if status == Status.DONE and draw.random() < 0.6:
            self._rating(row)
        if status in {Status.DONE, Status.REVIEW, Status.REJECTED} and draw.random() < 0.5:
            self._review(row)

    def _ending(self, status: str, created: datetime, completed: datetime) -> dict[str, Any]:
        draw = self.draw
        if status in {Status.PENDING, Status.REVIEW}:
            return {}
        ended: dict[str, Any] = {"completed": completed}
        if status in {Status.FAILED, Status.EXPIRED}:
            code = "deadline_exceeded" if status == Status.EXPIRED else draw.choice(CODES)
            return {**ended, "error_code": code, "refused": True if code == "refused" else None}
        if status == Status.CANCELLED:
            return ended
        first = created + draw.random() * (completed - created)
        return {
            **ended,
            "result": "An answer." if status == Status.DONE else None,
            "answered_by": draw.choice([None, self.earlier]),
            "first_token": first if draw.random() < 0.9 else None,
            "refused": draw.choice([True, False, False, None]),
            "answer_length": draw.choice([None, draw.randint(0, 5000)]),
        }

    def _call(self, row: AIRequest, attempt: int) -> None:
        at = self.moment()
        self._usage(row, attempt, LLMUsageLog.Kind.CALL, at)
        if self.draw.random() < 0.3:  # known exactly later, often on another day
            self._usage(row, attempt, LLMUsageLog.Kind.CORRECTION, at + self.draw.random() * timedelta(days=2))

    def _usage(self, row: AIRequest, attempt: int, kind: str, at: datetime) -> None:
        draw = self.draw
        sign = 1 if kind == LLMUsageLog.Kind.CALL else draw.choice([1, -1])
        price = None if draw.random() < 0.15 else sign * Decimal(draw.randint(0, 10**9)) / 10**12
        LLMUsageLog.objects.create(
            reference=row.pk, attempt=attempt, kind=kind, subject=row.user_id, scope=row.team_id, provider="embedded",
            model="m", prompt_key=row.prompt_key, prompt_version=row.prompt_version, created=at, cost_usd=price,
            input_tokens=sign * draw.randint(0, 900), cache_read_tokens=sign * draw.randint(0, 900),
            cache_write_tokens=sign * draw.randint(0, 90), output_tokens=sign * draw.randint(0, 400),
        )  # fmt: skip

    def _rating(self, row: AIRequest) -> None:
        rate(row, self.draw.choice([1, 1, 1, -1]), at=self.moment())

    def _review(self, row: AIRequest) -> None:
        came = self.moment()
        item: dict[str, Any] = {"created": came, "kind": self.draw.choice(["gate", "audit"])}
        if self.draw.random() < 0.7:
            verdict = self.draw.choice(VERDICTS)
            closed = came + self.draw.random() * timedelta(days=1)
            item |= {"verdict": verdict, "closed": closed, "decided_by": self.user}
            item |= {"decided_at": closed, "effective_at": closed}
        elif self.draw.random() < 0.2:
            item["closed"] = self.moment()  # withdrawn
        AIReviewQueue.objects.create(request=row, reasons=[], priority=5, due=timezone.now(), **item)

    def _budgets(self) -> None:
        budget = TokenBudget.objects.create(user=self.user, limit=Decimal(1000))
        moments = sorted({self.moment() for _ in range(20)})
        BudgetWindow.objects.bulk_create(
            BudgetWindow(budget=budget, starts=moment - HOUR, ends=moment, announced=self.draw.choice([0, 0, 80, 100]))
            for moment in moments
        )


def rate(row: AIRequest, rating: int, *, at: datetime | None = None) -> AIOutputFeedback:
    """A rating first given at that moment, as what counts days sees it."""
    return AIOutputFeedback.objects.create(
        request=row, rating=rating, prompt_key=row.prompt_key, prompt_version=row.prompt_version, model=row.model,
        route="default", created=at or timezone.now(),
    )  # fmt: skip


def rated_answer(user: User, rating: int, *, at: datetime, prompt: str = "chat", version: str = "1") -> AIRequest:
    row = answer(user, at=at, prompt=prompt, version=version)
    rate(row, rating, at=at)
    return row


def answer(
    user: User, *, at: datetime, prompt: str = "chat", version: str = "1", length: int = 100, **changes: Any
) -> AIRequest:
    """Ended at that moment."""
    fields = {
        "status": Status.DONE, "result": "An answer.", "prompt_key": prompt, "prompt_version": version,
        "created": at - timedelta(seconds=2), "first_token": at - timedelta(seconds=1), "completed": at,
        "refused": False, "answer_length": length,
    }  # fmt: skip
    return request_of(user, **{**fields, **changes})
