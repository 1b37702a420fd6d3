"""At which cost of a day somebody wants to hear of it, and when they did."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from uuid_utils.compat import uuid7

from ai.models import PromptTemplate
from requests_app.models.clock import DatabaseClock

MOST_ADDRESSES = 20


def known_prompt(key: str) -> None:
    if not PromptTemplate.objects.filter(key=key).exists():
        raise ValidationError(_("%(key)s is no prompt of this installation"), params={"key": key})


class CostAlert(models.Model):
    """Tell these people when a day's cost of a prompt, a team, or everything, reaches a limit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    prompt_key = models.CharField(
        _("prompt"), max_length=100, blank=True, validators=[known_prompt], help_text=_("Empty: all prompts.")
    )
    team = models.ForeignKey(
        "accounts.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cost_alerts",
        help_text=_("Empty: all teams."),
    )
    limit_usd = models.DecimalField(
        _("limit a day in USD"),
        max_digits=20,
        decimal_places=6,
        validators=[MinValueValidator(Decimal("0.000001"))],
        help_text=_("Announced once a day, when the known cost of the day reaches it."),
    )
    emails = ArrayField(
        models.EmailField(),
        size=MOST_ADDRESSES,
        blank=True,
        default=list,
        verbose_name=_("mail to"),
        help_text=_("Addresses, with commas between them. Empty: it is shown on the Cost page and announced alone."),
    )
    active = models.BooleanField(_("active"), default=True)
    created = models.DateTimeField(_("created"), db_default=DatabaseClock(), editable=False)
    history = HistoricalRecords(history_id_field=models.BigAutoField(primary_key=True), excluded_fields=["created"])

    class Meta:
        verbose_name = _("cost alert")
        verbose_name_plural = _("cost alerts")
        constraints = [
            models.CheckConstraint(condition=models.Q(limit_usd__gt=0), name="alert_limit_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class CostAlertDay(models.Model):
    """A day on which a rule's limit was reached. That this row could be inserted is what announces it."""

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(CostAlert, on_delete=models.PROTECT, related_name="days")
    day = models.DateField(_("day"))
    cost_usd = models.DecimalField(_("cost then"), max_digits=26, decimal_places=12)
    limit_usd = models.DecimalField(_("limit then"), max_digits=20, decimal_places=6)
    at = models.DateTimeField(_("announced"), db_default=DatabaseClock())
    mailed = models.BooleanField(_("mailed"), db_default=False, editable=False)

    class Meta:
        verbose_name = _("day of a cost alert")
        verbose_name_plural = _("days of cost alerts")
        constraints = [models.UniqueConstraint(fields=["alert", "day"], name="alert_once_a_day")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.day}"
