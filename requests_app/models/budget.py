"""What may be spent, what has been, and what is held for calls that are yet to be made.

Amounts are tokens or US dollars, as the budget's measure says. Only ``requests_app.ledger`` writes amounts.
"""

from __future__ import annotations

import zoneinfo
from decimal import Decimal

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from uuid_utils.compat import uuid7

from requests_app.models.clock import DatabaseClock


class Measure(models.TextChoices):
    TOKENS = "tokens", _("tokens")
    USD = "usd", _("US dollars")


class Period(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")


class HoldState(models.TextChoices):
    OPEN = "open", _("open")
    SETTLED = "settled", _("settled")


# The day or month of now stays the same one and ends at its midnight in the new time zone; where that is over already,
# it goes on to the next. So what was used stays used, and no moment belongs to two windows.
MOVE_MIDNIGHT = """
UPDATE requests_app_budgetwindow AS window_ SET ends = CASE
    WHEN latest.midnight > clock_timestamp() THEN latest.midnight
    WHEN latest.ends > clock_timestamp() THEN latest.next_midnight
    ELSE latest.ends END
FROM (
    SELECT id, ends, (ends AT TIME ZONE OLD.timezone) AT TIME ZONE NEW.timezone AS midnight,
        (date_trunc(NEW.period, clock_timestamp() AT TIME ZONE NEW.timezone) + ('1 ' || NEW.period)::interval)
            AT TIME ZONE NEW.timezone AS next_midnight
    FROM requests_app_budgetwindow WHERE budget_id = NEW.id AND starts <= clock_timestamp()
    ORDER BY starts DESC LIMIT 1
) AS latest
WHERE window_.id = latest.id;
DELETE FROM requests_app_budgetwindow WHERE budget_id = NEW.id AND starts > clock_timestamp();
RETURN NULL;
"""


def known_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("%(name)s is not a known time zone"), params={"name": name})


class TokenBudget(models.Model):
    """A limit for one user or one team, per day or month of the budget's time zone, in tokens or dollars."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="budgets"
    )
    team = models.ForeignKey("accounts.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="budgets")
    measure = models.CharField(_("measure"), max_length=8, choices=Measure.choices, default=Measure.TOKENS)
    period = models.CharField(_("period"), max_length=8, choices=Period.choices, default=Period.DAY)
    limit = models.DecimalField(
        _("limit"),
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Tokens or US dollars in each period. Empty: the installation's default for tokens, else none."),
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[known_timezone])
    created = models.DateTimeField(_("created"), db_default=DatabaseClock(), editable=False)
    history = HistoricalRecords(history_id_field=models.BigAutoField(primary_key=True), excluded_fields=["created"])

    class Meta:
        verbose_name = _("token budget")
        verbose_name_plural = _("token budgets")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user=None, team__isnull=False) | models.Q(user__isnull=False, team=None),
                name="budget_of_a_user_or_a_team",
                violation_error_message=_("Name a user or a team, and not both."),
            ),
            models.CheckConstraint(
                condition=models.Q(limit=None) | models.Q(limit__gte=0), name="budget_limit_not_negative"
            ),
            models.UniqueConstraint(fields=["user", "measure", "period"], name="budget_once_a_user"),
            models.UniqueConstraint(fields=["team", "measure", "period"], name="budget_once_a_team"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="move_midnight",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("timezone"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.AnyChange("timezone"),
                func=MOVE_MIDNIGHT,
            )
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team}: {self.get_measure_display()} a {self.get_period_display()}"


class BudgetWindow(models.Model):
    """One period of a budget: ``used`` is settled, ``held`` is what open holds may still spend."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    budget = models.ForeignKey(TokenBudget, on_delete=models.PROTECT, related_name="windows")
    starts = models.DateTimeField(_("starts"))
    ends = models.DateTimeField(_("ends"))
    used = models.DecimalField(_("used"), max_digits=26, decimal_places=12, default=Decimal(0))
    held = models.DecimalField(_("held"), max_digits=26, decimal_places=12, default=Decimal(0))
    announced = models.PositiveSmallIntegerField(
        _("announced"), default=0, help_text=_("The highest share of the limit, in percent, that was announced.")
    )
    mailed = models.PositiveSmallIntegerField(
        _("mailed"), db_default=0, editable=False, help_text=_("The share for which mail was sent.")
    )

    class Meta:
        verbose_name = _("budget window")
        verbose_name_plural = _("budget windows")
        indexes = [models.Index(fields=["ends"], name="window_by_end")]
        constraints = [
            models.UniqueConstraint(fields=["budget", "starts"], name="window_once"),
            models.CheckConstraint(condition=models.Q(held__gte=0), name="window_held_not_negative"),
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="window_ends_after_its_start"),
        ]

    def __str__(self) -> str:
        return f"{self.budget} from {self.starts:%Y-%m-%d}"


class BudgetHold(models.Model):
    """What one request may spend until it ends. ``reference`` is the request's id, as in the usage ledger."""

    reference = models.UUIDField(primary_key=True, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=HoldState.choices, default=HoldState.OPEN)
    expires = models.DateTimeField(_("expires"))
    created = models.DateTimeField(_("created"), db_default=DatabaseClock(), editable=False)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("budget hold")
        verbose_name_plural = _("budget holds")
        indexes = [
            models.Index(fields=["expires"], name="hold_open_by_expiry", condition=models.Q(state=HoldState.OPEN))
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.state}"


class HoldShare(models.Model):
    """A hold's part in one window, however long after the window's end it is settled."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hold = models.ForeignKey(BudgetHold, on_delete=models.PROTECT, related_name="shares")
    window = models.ForeignKey(BudgetWindow, on_delete=models.PROTECT, related_name="shares")
    held = models.DecimalField(_("held"), max_digits=26, decimal_places=12, default=Decimal(0))
    used = models.DecimalField(_("used"), max_digits=26, decimal_places=12, default=Decimal(0))

    class Meta:
        verbose_name = _("share of a hold")
        verbose_name_plural = _("shares of holds")
        constraints = [
            models.UniqueConstraint(fields=["hold", "window"], name="share_once"),
            models.CheckConstraint(condition=models.Q(held__gte=0), name="share_held_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.hold_id} in {self.window_id}"
