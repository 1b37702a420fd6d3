"""Budgets as people read them: what each window allows, what is used, what is left. Nothing here writes."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from requests_app.models import BudgetWindow, Measure, Period, TokenBudget
from requests_app.money import usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Tokens of all kinds together, and dollars; None is an unknown price."""

    tokens: int = 0
    usd: Decimal | None = Decimal(0)

    def __add__(self, other: Amount) -> Amount:
        known = self.usd is not None and other.usd is not None
        return Amount(tokens=self.tokens + other.tokens, usd=self.usd + other.usd if known else None)  # type: ignore[operator]

    def of(self, measure: str) -> Decimal | None:
        return Decimal(self.tokens) if measure == Measure.TOKENS else self.usd


NOTHING = Amount()


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """One window as it is now. ``team`` is None for the user's own; ``limit`` None allows everything."""

    team: str | None
    measure: str
    period: str
    limit: Decimal | None
    used: Decimal
    held: Decimal
    starts: datetime
    resets_at: datetime

    @property
    def remaining(self) -> Decimal | None:
        return None if self.limit is None else max(self.limit - self.used - self.held, Decimal(0))

    def refusal(self, needed: Amount) -> str:
        """Why it has no room, in a sentence."""
        reason = _("%(whose)s budget for the %(period)s has %(left)s left until %(end)s; this may need %(needed)s.")
        return reason % {
            "whose": _("The team's") if self.team else _("Your"),
            "period": Period(self.period).label,
            "left": worded(self.remaining, self.measure),
            "end": f"{self.resets_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            "needed": worded(needed.of(self.measure), self.measure),
        }


def worded(amount: Decimal | None, measure: str) -> str:
    if amount is None:
        return _("an unknown amount")
    return f"${usd(amount)}" if measure == Measure.USD else _("%(count)s tokens") % {"count": f"{amount:,.0f}"}


def states(user: User, team: Team | None = None) -> list[WindowState]:
    """The windows of now that the user's requests may meet."""
    return [state_now(budget) for budget in budgets_of(user, team)]


def budgets_of(user: User, team: Team | None = None) -> list[TokenBudget]:
    """The user's own, and those of their teams or of one team. Their own for a day's tokens may not be stored yet."""
    whose = Q(user=user) | (Q(team=team) if team else Q(team__in=Team.objects.of(user)))
    budgets = list(with_windows(TokenBudget.objects.filter(whose)).order_by("created", "id"))
    if not any(_takes_default(budget) for budget in budgets):
        budgets.insert(0, TokenBudget(user=user))
    return budgets


def with_windows(budgets: QuerySet[TokenBudget]) -> QuerySet[TokenBudget]:
    """Budgets with their owners and the windows of now, in two queries."""
    now = timezone.now()
    current = BudgetWindow.objects.filter(starts__lte=now, ends__gt=now)
    return budgets.select_related("user", "team").prefetch_related(Prefetch("windows", current))


def state_now(budget: TokenBudget) -> WindowState:
    """Of a budget ``with_windows``; a window that is not opened yet has nothing used."""
    return state_of(next(iter(budget.windows.all()), None) or _opened(budget, timezone.now()), budget)


def state_of(window: BudgetWindow, budget: TokenBudget | None = None) -> WindowState:
    budget = budget or window.budget
    return WindowState(
        team=budget.team.name if budget.team else None,
        measure=budget.measure,
        period=budget.period,
        limit=limit_of(budget),
        used=window.used,
        held=window.held,
        starts=window.starts,
        resets_at=window.ends,
    )


def limit_of(budget: TokenBudget) -> Decimal | None:
    """The limit that holds: the budget's own, else the installation's where it has one for this kind."""
    if budget.limit is not None or not _takes_default(budget) or settings.LINTEL_DAILY_TOKENS is None:
        return budget.limit
    return Decimal(settings.LINTEL_DAILY_TOKENS)


def _takes_default(budget: TokenBudget) -> bool:
    return budget.team_id is None and (budget.measure, budget.period) == (Measure.TOKENS, Period.DAY)


def _opened(budget: TokenBudget, now: datetime) -> BudgetWindow:
    """The window that the first request would open (requests_app_open_hold)."""
    midnight = now.astimezone(zoneinfo.ZoneInfo(budget.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    if budget.period == Period.DAY:
        return BudgetWindow(budget=budget, starts=midnight, ends=midnight + timedelta(days=1))
    first = midnight.replace(day=1)
    return BudgetWindow(budget=budget, starts=first, ends=(first + timedelta(days=32)).replace(day=1))
