"""The ledger of provider calls: what each used and cost, written once and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Self, TypedDict, Unpack
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Count, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from ai.signals import CallFinished, announce, call_finished
from ai.types import JSON, Usage

USAGE = tuple(field.name for field in fields(Usage))
TOKENS = tuple(name for name in USAGE if name != "estimated")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageStats:
    """Sums over calls. ``cost`` is of those with a known price; ``hit_rate`` is None where there was no call."""

    requests: int
    tokens: int
    cost: Decimal
    unpriced: int
    hits: int
    misses: int
    hit_rate: float | None
    models_used: Mapping[str, int]


class LLMUsageLogQuerySet(models.QuerySet["LLMUsageLog"]):
    def stats(self, *, since: datetime | None, subject: UUID | None, scope: UUID | None) -> UsageStats:
        said = {"created__gte": since, "subject": subject, "scope": scope}
        rows = self.filter(**{name: value for name, value in said.items() if value is not None})
        calls = rows.filter(kind=LLMUsageLog.Kind.CALL)
        models_used = dict(calls.order_by().values_list("model").annotate(Count("id")).order_by("model"))
        sums = rows.order_by().aggregate(
            usd=Sum("cost_usd", default=Decimal(0)), **{name: Sum(name, default=0) for name in TOKENS}
        )
        made, hits = sum(models_used.values()), calls.filter(cache_read_tokens__gt=0).count()
        return UsageStats(
            requests=made,
            tokens=sum(sums[name] for name in TOKENS),
            cost=sums["usd"],
            unpriced=calls.filter(cost_usd=None).count(),
            hits=hits,
            misses=made - hits,
            hit_rate=hits / made if made else None,
            models_used=models_used,
        )

    def totals(self, reference: UUID) -> dict[str, int | Decimal | bool | None]:
        """Sums over all calls of one reference, 0 without any; the cost is None where any call's cost is unknown."""
        sums = self.filter(reference=reference).aggregate(
            unpriced=Count("id", filter=models.Q(cost_usd=None)),  # first: the sums below take over its name
            cost_usd=Sum("cost_usd", default=Decimal(0)),
            **{name: Sum(name, default=0) for name in TOKENS},
        )
        if sums.pop("unpriced"):
            sums["cost_usd"] = None
        return sums

    def cost_of(self, reference: UUID) -> Decimal | None:
        """Of all calls of one reference; None where any call's cost is unknown."""
        calls = self.filter(reference=reference)
        if calls.filter(cost_usd=None).exists():
            return None
        total: Decimal = calls.aggregate(total=Sum("cost_usd", default=Decimal(0)))["total"]
        return total

    def estimated_attempts(self, reference: UUID) -> set[int]:
        """Attempts whose figures are still only estimates: no exact call row and no correction."""
        rows = self.filter(reference=reference).values_list("attempt", "kind", "estimated")
        exact = {attempt for attempt, kind, estimated in rows if kind == LLMUsageLog.Kind.CORRECTION or not estimated}
        return {attempt for attempt, _kind, _estimated in rows} - exact


class LLMUsageLog(models.Model):
    """One provider call's usage, or the correction of an estimate that turned out wrong.

    ``input_tokens`` excludes cached ones. A correction holds differences, so sums over a reference are right. The price
    is frozen as it was; ``cost_usd`` is None where no price is known.
    """

    class Kind(models.TextChoices):
        CALL = "call", _("call")
        CORRECTION = "correction", _("correction")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.UUIDField(_("reference"), help_text=_("What the call was made for: a request."))
    attempt = models.PositiveIntegerField(_("attempt"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.CALL)
    subject = models.UUIDField(_("subject"), help_text=_("Who asked: a user."), db_index=True)
    scope = models.UUIDField(_("scope"), help_text=_("Who pays: a team."), db_index=True)
    object_id = models.CharField(_("object id"), max_length=200, blank=True, help_text=_("The caller's own mark."))
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    prompt_key = models.CharField(_("prompt"), max_length=100)
    prompt_version = models.CharField(_("prompt version"), max_length=50)
    provider = models.CharField(_("provider"), max_length=100)
    model = models.CharField(_("model"), max_length=200)
    input_tokens = models.IntegerField(_("uncached input tokens"))
    cache_read_tokens = models.IntegerField(_("cached input tokens"))
    cache_write_tokens = models.IntegerField(_("cache write tokens"))
    output_tokens = models.IntegerField(_("output tokens"))
    estimated = models.BooleanField(_("estimated"), default=False)
    cost_usd = models.DecimalField(_("cost in USD"), max_digits=20, decimal_places=12, null=True)
    price = models.JSONField(_("price"), null=True)
    created = models.DateTimeField(_("created"), db_default=Now())

    objects = LLMUsageLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("usage record")
        verbose_name_plural = _("usage records")
        constraints = [models.UniqueConstraint(fields=["reference", "attempt", "kind"], name="usage_once")]
        indexes = [models.Index(fields=["-created"], name="usage_by_time")]
        triggers = [pgtrigger.Protect(name="insert_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.reference} #{self.attempt} {self.kind}"

    @property
    def usage(self) -> Usage:
        return Usage(**{name: getattr(self, name) for name in USAGE})

    @property
    def tokens(self) -> int:
        """Tokens of all kinds together."""
        return sum(getattr(self, name) for name in TOKENS)

    def corrected_to(self, exact: Self) -> Self:
        """The row that turns this estimate into the exact figures: the differences."""
        known = self.cost_usd is not None and exact.cost_usd is not None
        return type(self)(
            reference=self.reference,
            attempt=self.attempt,
            kind=self.Kind.CORRECTION,
            subject=self.subject,
            scope=self.scope,
            object_id=self.object_id,
            metadata=self.metadata,
            prompt_key=self.prompt_key,
            prompt_version=self.prompt_version,
            provider=exact.provider,
            model=exact.model,
            **{name: getattr(exact, name) - getattr(self, name) for name in TOKENS},
            cost_usd=exact.cost_usd - self.cost_usd if known else None,  # type: ignore[operator]
            price=exact.price,
        )


class CallFacts(TypedDict):
    """What is known of a call beside its tokens."""

    reference: UUID
    attempt: int
    subject: UUID
    scope: UUID
    object_id: str
    metadata: JSON
    prompt_key: str
    prompt_version: str
    provider: str
    model: str
    cost_usd: Decimal | None
    price: JSON | None


def log_usage(*, usage: Usage, reason: str, outcome: str, **call: Unpack[CallFacts]) -> LLMUsageLog | None:
    """Write one call's usage, and announce it with why it was made and how it ended; safe to repeat.

    The first record of a call stands. An exact figure that comes after an estimate is added as a correction, once.
    Returned is the row that this call of the function has written, if any.
    """
    row = LLMUsageLog(**call, **asdict(usage))
    stored = _written_or_stored(row)
    if stored.pk != row.pk and stored.estimated and not row.estimated:
        row = stored.corrected_to(row)
        stored = _written_or_stored(row)
    if stored.pk != row.pk:
        return None
    announce(call_finished, _finished(row, reason=reason, outcome=outcome))
    return row


def _written_or_stored(row: LLMUsageLog) -> LLMUsageLog:
    """The row itself where it is the first of its kind, else that first one."""
    LLMUsageLog.objects.bulk_create([row], ignore_conflicts=True)
    return LLMUsageLog.objects.get(reference=row.reference, attempt=row.attempt, kind=row.kind)


def _finished(row: LLMUsageLog, *, reason: str, outcome: str) -> CallFinished:
    return CallFinished(
        reference=row.reference,
        attempt=row.attempt,
        subject=row.subject,
        scope=row.scope,
        prompt_key=row.prompt_key,
        prompt_version=row.prompt_version,
        provider=row.provider,
        model=row.model,
        reason=reason,
        outcome=outcome,
        usage=row.usage,
        cost_usd=row.cost_usd,
        correction=row.kind == LLMUsageLog.Kind.CORRECTION,
    )
