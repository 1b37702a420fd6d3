"""Budget bars with where they lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from requests_app.budgets import WindowState, state_now, states, with_windows
from requests_app.forecast import Forecast, forecast
from requests_app.models import Measure, Period, Scope, TokenBudget
from requests_app.pages import money
from requests_app.pages.allowance import Bar, figure
from requests_app.usage import Whose

MOST = 12


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """One limited window, and what comes of it at this pace."""

    window: WindowState

    @property
    def bar(self) -> Bar:
        return Bar(window=self.window)

    @cached_property
    def _forecast(self) -> Forecast | None:
        return forecast(self.window, timezone.now())

    @property
    def reaches(self) -> datetime | None:
        return self._forecast.reaches if self._forecast else None

    @property
    def mark(self) -> str | None:
        """Where the forecast stands on the bar, in percent."""
        if self._forecast is None or not self.window.limit or self._forecast.reaches:
            return None
        return f"{self._forecast.at_end * 100 / self.window.limit:.2f}"

    @property
    def words(self) -> str:
        """Without the moment, which the page tells by the reader's clock."""
        if self.bar.full:
            return _("Nothing is left until then.")
        if self._forecast is None:
            return _("Nothing used yet.") if not self.window.used else _("Too early for a forecast.")
        at_end = self._worded(self._forecast.at_end)
        if self._forecast.reaches:
            return _("At this pace it would take %(at_end)s, and reaches the limit on") % {"at_end": at_end}
        if self.window.period == Period.DAY:
            return _("At this pace %(at_end)s by the end of the day.") % {"at_end": at_end}
        return _("At this pace %(at_end)s by the end of the month.") % {"at_end": at_end}

    def _worded(self, amount: Decimal) -> str:
        return money.amount(amount) if self.window.measure == Measure.USD else figure(amount, self.window.measure)


def outlooks(user: User, whose: Whose) -> list[Outlook]:
    """Of the budgets that what is shown counts against: the user's and their teams', one team's, or all teams'."""
    if whose.scope == Scope.USER:
        windows = states(user)
    else:
        teams = TokenBudget.objects.filter(team__isnull=False, limit__isnull=False)
        if whose.id:
            teams = teams.filter(team=whose.id)
        windows = [state_now(budget) for budget in with_windows(teams).order_by("created", "id")[:MOST]]
    return [Outlook(window=window) for window in windows if window.limit is not None][:MOST]
