"""Some rows in every table that the admin shows, each with neighbours of its own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from uuid_utils.compat import uuid7

from accounts.models import ApiToken, User
from ai.models import (
    LLMModel,
    LLMProvider,
    LLMUsageLog,
    ModelRoute,
    PromptLabel,
    PromptTemplate,
    TierQualityMapping,
)
from ai.rag.models import EmbeddingSet
from documents import contents
from documents.contents import Content
from documents.models import Document, DocumentKey, DocumentVersion
from requests_app.models import (
    AIOutputFeedback,
    AIRequest,
    AIReviewQueue,
    BudgetHold,
    BudgetWindow,
    CostAlert,
    CostAlertDay,
    HoldShare,
    IdempotencyKey,
    PromptReview,
    Pulse,
    QualityDay,
    QualityReport,
    ReviewAction,
    ReviewStep,
    Status,
    TokenBudget,
    UsageDay,
    WorkerLease,
)
from requests_app.models.clock import seconds_from_now
from requests_app.reports.compare import report_of
from requests_app.reports.figures import WHOLE, BudgetUse, Figures, Subject

SECRET = "The quay of Elsinore."
MODEL = "smollm2-135m-instruct"


def furnish(count: int) -> None:
    for _number in range(count):
        furnish_once(uuid7().hex[-12:])


def furnish_once(name: str) -> None:
    user = User.objects.create(username=name)
    ApiToken.objects.create(user, name=name)
    request = request_of(user, status=Status.PROCESSING, lease=lease_of(name))
    use(request, cost=Decimal("0.5"))
    hold(request)
    IdempotencyKey.objects.create(user=user, method="POST", path="/", key=name, body_hash="0", request=request)
    rate(request)
    content = PromptTemplate.objects.filter(key="document_summary").latest("created").content
    template = PromptTemplate.objects.create(key=name, version="1", hash="0", content=content, published=True)
    PromptLabel.objects.create(key=name, template=template, by="alice", reason="better")
    Pulse.objects.create(name=name, since=timezone.now(), at=timezone.now())
    Group.objects.create(name=name)
    LogEntry.objects.create(
        user=user, content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk), action_flag=CHANGE
    )
    judge_later(request)
    report(name)
    schedule(name)
    route_to(name)
    alarm(name)
    write(user, name)
    EmbeddingSet.objects.create(model=name, dimensions=2)


def write(owner: User, name: str) -> Document:
    """A document of one version, and the key that made it."""
    document = Document.objects.create(
        owner=owner, team=owner.personal_team, title=SECRET, source_url=f"https://example.org/{SECRET}"
    )
    content = Content(kind="file", data=SECRET.encode(), content_type="text/plain", filename=SECRET)
    version: DocumentVersion = contents.append(document, content, number=1, by=owner)
    contents.store_text(version, SECRET)
    DocumentKey.objects.create(user=owner, method="POST", path="/", key=name, body_hash="0", document=document)
    return document


def alarm(name: str) -> CostAlertDay:
    """A day of costs, and the rule that it has reached."""
    today = timezone.now().date()
    UsageDay.objects.create(day=today, scope="all", dimension="prompt", value=name, calls=1, cost_usd=Decimal(6))
    rule = CostAlert.objects.create(name=name, prompt_key="document_summary", limit_usd=Decimal(5))
    return CostAlertDay.objects.create(alert=rule, day=today, cost_usd=Decimal(6), limit_usd=Decimal(5))


def report(name: str) -> None:
    """Of a day and a prompt of its own."""
    day = date(2000, 1, 1) + timedelta(days=int(name[-6:], 16) % 9_000)
    now = timezone.now()
    bounds = (now, now + timedelta(days=1))
    figures = {WHOLE: Figures(), Subject(prompt=name, version="1"): Figures(up=3, down=17)}
    document = report_of(day, figures, before={}, settled={}, budgets=BudgetUse(), zone="UTC", bounds=bounds).as_json()
    QualityDay.objects.create(day=day, prompt_key=name, prompt_version="1")
    QualityReport.objects.create(day=day, starts=bounds[0], ends=bounds[1], document=document)
    PromptReview.objects.create(prompt_key=name, prompt_version="1", day=day, days=1, approved=3, ratings=20)


def judge_later(request: AIRequest, **changes: Any) -> AIReviewQueue:
    """The request's answer, kept back."""
    reasons = [{"code": "always", "measured": None, "limit": None}]
    fields = {"kind": "gate", "reasons": reasons, "priority": 50, "due": timezone.now(), "text": SECRET}
    item = AIReviewQueue.objects.create(request=request, **{**fields, **changes})
    ReviewAction.objects.create(item=item, step=ReviewStep.QUEUED)
    return item


def request_of(user: User, **changes: Any) -> AIRequest:
    template = PromptTemplate.objects.filter(key="document_summary").latest("created")
    fields = {
        "user": user, "team": user.personal_team, "template": template, "prompt_key": template.key,
        "prompt_version": template.version, "prompt_hash": template.hash, "payload": {"document": SECRET},
        "metadata": {"case": SECRET}, "input_estimate": 9, "route": [MODEL], "model_asked": MODEL, "model": MODEL,
        "provider": "embedded", "attempt": 1, "deadline": timezone.now() + timedelta(minutes=5),
    }  # fmt: skip
    return AIRequest.objects.create(**{**fields, **changes})


def lease_of(host: str) -> WorkerLease:
    return WorkerLease.objects.create(host=host, pid=7, expires_at=seconds_from_now(60))


def use(request: AIRequest, *, cost: Decimal | None, attempt: int = 1, outcome: str = "done") -> LLMUsageLog:
    """One call of the request, with its ledger's row."""
    request.attempts.create(number=attempt, reason="first", provider="embedded", model=MODEL, outcome=outcome)
    return LLMUsageLog.objects.create(
        reference=request.pk, attempt=attempt, subject=request.user_id, scope=request.team_id, provider="embedded",
        object_id=request.object_id,
        prompt_key=request.prompt_key, prompt_version=request.prompt_version, model=MODEL, input_tokens=700,
        cache_read_tokens=0, cache_write_tokens=0, output_tokens=41, cost_usd=cost,
    )  # fmt: skip


def hold(request: AIRequest) -> HoldShare:
    """What the request holds of its user's budget, in a period of now."""
    budget = TokenBudget.objects.create(user=request.user, limit=Decimal(1000))
    now = timezone.now()
    window = BudgetWindow.objects.create(budget=budget, starts=now, ends=now + timedelta(hours=1), held=Decimal(9))
    holding = BudgetHold.objects.create(reference=request.pk, expires=request.deadline)
    return HoldShare.objects.create(hold=holding, window=window, held=Decimal(9))


def rate(request: AIRequest) -> AIOutputFeedback:
    return AIOutputFeedback.objects.create(
        request=request, rating=-1, comment=SECRET, tags=["wrong"], prompt_key=request.prompt_key,
        prompt_version=request.prompt_version, model=request.model, route="default",
    )  # fmt: skip


def schedule(name: str) -> None:
    number = int(name[-6:], 16)
    every = IntervalSchedule.objects.create(every=number, period="seconds")
    crontab = CrontabSchedule.objects.create(minute=str(number % 60))
    SolarSchedule.objects.create(event="sunrise", latitude=Decimal(number) / 10**6, longitude=Decimal(1))
    ClockedSchedule.objects.create(clocked_time=timezone.now())
    PeriodicTask.objects.create(name=name, task="sweep", interval=every)
    PeriodicTask.objects.create(name=f"{name}-daily", task="sweep", crontab=crontab)


def route_to(name: str) -> None:
    provider = LLMProvider.objects.create(name=name, kind="openai")
    LLMModel.objects.create(name=name, provider=provider, context_window=9, max_output_tokens=9)
    ModelRoute.objects.create(action=name, tiers=[{name: 2, MODEL: 1}])
    TierQualityMapping.objects.create(tier=name, quality_level=7)
