"""What the daily quality report keeps: the figures of days, the reports as they were sent, and prompts to look at."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from requests_app.models.clock import DatabaseClock

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


COMMITTED = timedelta(minutes=1)
"""No transaction lasts longer: what was under way while a report was made has been committed by then."""


def _count(label: StrPromise) -> models.PositiveBigIntegerField[int, int]:
    return models.PositiveBigIntegerField(label, default=0)


def _measure(label: StrPromise) -> models.FloatField[float | None, float | None]:
    return models.FloatField(label, null=True)


class QualityDay(models.Model):
    """Figures of one day of ``LINTEL_TIME_ZONE``, so that pages read days and not requests.

    Of one prompt version; with an empty version of all of a prompt's, with an empty prompt of everything: percentiles
    cannot be added up. Lengths are characters, times seconds from acceptance; None is unknown.
    """

    day = models.DateField(_("day"))
    prompt_key = models.CharField(_("prompt"), max_length=100, blank=True)
    prompt_version = models.CharField(_("prompt version"), max_length=50, blank=True)
    made = models.DateTimeField(_("made"), db_default=DatabaseClock(), editable=False)

    done = _count(_("done"))
    rejected = _count(_("rejected"))
    failed = _count(_("failed"))
    cancelled = _count(_("cancelled"))
    served_again = models.PositiveBigIntegerField(_("answered by an earlier answer"), default=0, db_default=0)
    stale = models.PositiveBigIntegerField(_("gone stale"), default=0, db_default=0)
    failures = models.JSONField(_("failures by code"), default=dict)
    judged = _count(_("looked at for refusals"))
    refusals = _count(_("refusals"))
    up = _count(_("rated good"))
    down = _count(_("rated not good"))

    calls = _count(_("calls"))
    unpriced = _count(_("calls of unknown price"))
    input_tokens = models.BigIntegerField(_("uncached input tokens"), default=0)
    cache_read_tokens = models.BigIntegerField(_("cached input tokens"), default=0)
    cache_write_tokens = models.BigIntegerField(_("cache write tokens"), default=0)
    output_tokens = models.BigIntegerField(_("output tokens"), default=0)
    cost_usd = models.DecimalField(_("known cost in USD"), max_digits=24, decimal_places=12, default=Decimal(0))

    lengths = _count(_("answers of known length"))
    length_p10 = _measure(_("length, p10"))
    length_p50 = _measure(_("length, p50"))
    length_p90 = _measure(_("length, p90"))
    first_tokens = _count(_("answers with a first token"))
    first_token_p50 = _measure(_("first token, p50"))
    first_token_p95 = _measure(_("first token, p95"))
    first_token_p99 = _measure(_("first token, p99"))
    totals = _count(_("answers"))
    total_p50 = _measure(_("whole answer, p50"))
    total_p95 = _measure(_("whole answer, p95"))
    total_p99 = _measure(_("whole answer, p99"))

    reviews = _count(_("sent to review"))
    decided = _count(_("verdicts"))
    overruled = _count(_("verdicts that changed or rejected"))

    class Meta:
        verbose_name = _("day of quality figures")
        verbose_name_plural = _("days of quality figures")
        constraints = [
            models.UniqueConstraint(fields=["day", "prompt_key", "prompt_version"], name="quality_day_once"),
        ]
        indexes = [models.Index(fields=["prompt_key", "prompt_version", "day"], name="quality_by_prompt")]

    def __str__(self) -> str:
        return f"{self.day} {self.prompt_key or '*'}@{self.prompt_version or '*'}"


class QualityReportQuerySet(models.QuerySet["QualityReport"]):
    def claim(self, day: date, *, starts: datetime, ends: datetime) -> QualityReport | None:
        """The day's report to be filled in by the one who gets it, in their transaction; the others get None."""
        row = QualityReport(day=day, starts=starts, ends=ends)
        self.bulk_create([row], ignore_conflicts=True)
        return self.filter(pk=row.pk).first()

    def count_again(self, moment: datetime) -> int:
        """Something of a day that has been counted has changed: a finer figure of a call, say."""
        return self.filter(starts__lte=moment, ends__gt=moment).update(changes=F("changes") + 1)

    def outdated(self) -> QualityReportQuerySet:
        return self.filter(changes__gt=F("counted"), made__lte=DatabaseClock() - COMMITTED)


class QualityReport(models.Model):
    """One report a day: ``document`` as it was made and mailed, ``corrected`` as later events would have it.

    Whatever changes a figure of the day raises ``changes`` in its own transaction; ``counted`` is how many of them the
    figures know. A change that commits while figures are being counted leaves the two different, and they are counted
    once more. A change during the first count finds no row yet to raise, so that there always is a second one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    day = models.DateField(_("day"), unique=True)
    starts = models.DateTimeField(_("starts"))
    ends = models.DateTimeField(_("ends"))
    document = models.JSONField(_("report"), default=dict)
    corrected = models.JSONField(_("corrected report"), null=True, blank=True)
    corrected_at = models.DateTimeField(_("corrected at"), null=True, blank=True)
    changes = models.PositiveIntegerField(_("late changes"), default=1)
    counted = models.PositiveIntegerField(_("late changes counted"), default=0)
    made = models.DateTimeField(_("made"), db_default=DatabaseClock(), editable=False)
    mailed = models.DateTimeField(_("mailed"), null=True, blank=True)

    objects = QualityReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("quality report")
        verbose_name_plural = _("quality reports")
        ordering = ["-day"]
        permissions = [("view_quality", "Can see how good the answers of all prompts are")]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="quality_report_ends_after_its_start"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class PromptReview(models.Model):
    """A prompt version of which too few ratings are good: somebody is to look at it, and to say what came of that."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prompt_key = models.CharField(_("prompt"), max_length=100)
    prompt_version = models.CharField(_("prompt version"), max_length=50)
    day = models.DateField(_("day"), help_text=_("The day whose report opened it."))
    days = models.PositiveSmallIntegerField(_("days"), help_text=_("How many days the ratings are of."))
    approved = models.PositiveIntegerField(_("good ratings"))
    ratings = models.PositiveIntegerField(_("ratings"))
    opened = models.DateTimeField(_("opened"), db_default=DatabaseClock(), editable=False)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(_("what came of it"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("review of a prompt")
        verbose_name_plural = _("reviews of prompts")
        ordering = ["-opened"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt_key", "prompt_version"], name="prompt_review_open_once", condition=Q(closed=None)
            ),
            models.CheckConstraint(
                condition=Q(closed=None, closed_by=None) | Q(closed__isnull=False, closed_by__isnull=False),
                name="prompt_review_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prompt_key}@{self.prompt_version}"

    @property
    def approval(self) -> float:
        return self.approved / self.ratings
