"""What calls used and cost, summed up by day, so that looking at a month reads days and not calls.

``requests_app.tally`` alone writes here. The ``Uncounted...`` tables say what it has not seen yet; triggers of the
migration fill them in the transaction of whatever is to be counted.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from requests_app.models.clock import DatabaseClock


class Scope(models.TextChoices):
    ALL = "all", _("everything")
    TEAM = "team", _("team")
    USER = "user", _("user")


class Dimension(models.TextChoices):
    TOTAL = "total", _("total")
    PROMPT = "prompt", _("prompt")
    VERSION = "version", _("version")
    MODEL = "model", _("model")
    USER = "user", _("user")
    TEAM = "team", _("team")
    TAG = "tag", _("tag")


class UsageDay(models.Model):
    """The sums of one value on one day (of ``LINTEL_TIME_ZONE``), among the calls of everybody, a team or a user.

    ``cost_usd`` sums what is known; ``unpriced_calls`` have no known price. ``requests`` count where their first call
    was, ``approved_answers`` where their last was.

    ``reusable_answers`` are of prompts that let answers serve again, ``served_again`` those of them that were an
    earlier answer; they stand where they were delivered. ``saved_usd`` sums what is known of what the earlier had cost.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField(_("day"))
    scope = models.CharField(_("scope"), max_length=4, choices=Scope.choices)
    scope_id = models.UUIDField(_("of"), null=True, blank=True)
    dimension = models.CharField(_("by"), max_length=8, choices=Dimension.choices)
    value = models.CharField(_("value"), max_length=200, blank=True)
    calls = models.BigIntegerField(_("calls"), default=0)
    requests = models.BigIntegerField(_("requests"), default=0)
    input_tokens = models.BigIntegerField(_("uncached input tokens"), default=0)
    cache_read_tokens = models.BigIntegerField(_("cached input tokens"), default=0)
    cache_write_tokens = models.BigIntegerField(_("cache write tokens"), default=0)
    output_tokens = models.BigIntegerField(_("output tokens"), default=0)
    cost_usd = models.DecimalField(_("cost in USD"), max_digits=26, decimal_places=12, default=Decimal(0))
    unpriced_calls = models.BigIntegerField(_("calls without a known price"), default=0)
    estimated_calls = models.BigIntegerField(_("estimated calls"), default=0)
    approved_answers = models.BigIntegerField(_("approved answers"), default=0)
    reusable_answers = models.BigIntegerField(_("answers that may serve again"), default=0, db_default=0)
    served_again = models.BigIntegerField(_("answered by an earlier answer"), default=0, db_default=0)
    saved_usd = models.DecimalField(
        _("saved, in USD"), max_digits=26, decimal_places=12, default=Decimal(0), db_default=Decimal(0)
    )
    unpriced_served_again = models.BigIntegerField(
        _("answered by an earlier answer without a known price"), default=0, db_default=0
    )

    class Meta:
        verbose_name = _("usage of a day")
        verbose_name_plural = _("usage by day")
        permissions = [("view_all_usage", "Can see what everybody uses and costs")]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "scope_id", "dimension", "day", "value"],
                name="usage_day_once",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["day"], name="usage_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.scope} {self.dimension} {self.value}"


class UncountedUsage(models.Model):
    """A row of the usage log that no sum holds yet."""

    usage = models.UUIDField(_("usage record"), primary_key=True)

    class Meta:
        verbose_name = _("uncounted usage record")
        verbose_name_plural = _("uncounted usage records")

    def __str__(self) -> str:
        return str(self.usage)


class UncountedAnswer(models.Model):
    """A request of which somebody has just said something: rated, judged, or taken back."""

    id = models.BigAutoField(primary_key=True)
    request = models.UUIDField(_("request"))

    class Meta:
        verbose_name = _("answer to be counted")
        verbose_name_plural = _("answers to be counted")

    def __str__(self) -> str:
        return str(self.request)


class UncountedReuse(models.Model):
    """An answer that no sum holds yet, of a prompt that lets answers serve again."""

    request = models.UUIDField(_("request"), primary_key=True)

    class Meta:
        verbose_name = _("uncounted answer that may serve again")
        verbose_name_plural = _("uncounted answers that may serve again")

    def __str__(self) -> str:
        return str(self.request)


class ApprovedAnswer(models.Model):
    """An answer that the sums count as approved, and the call (a usage record) that it is counted with."""

    request = models.UUIDField(_("request"), primary_key=True)
    call = models.UUIDField(_("call"), db_index=True)

    class Meta:
        verbose_name = _("approved answer")
        verbose_name_plural = _("approved answers")

    def __str__(self) -> str:
        return str(self.request)


class UsageCount(models.Model):
    """One row: until when everything is counted, and in the days of which time zone."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    as_of = models.DateTimeField(_("as of"), db_default=DatabaseClock())
    time_zone = models.CharField(_("time zone"), max_length=64)

    class Meta:
        verbose_name = _("count of the usage")
        verbose_name_plural = _("count of the usage")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="usage_count_alone")]

    def __str__(self) -> str:
        return f"{self.as_of} {self.time_zone}"
