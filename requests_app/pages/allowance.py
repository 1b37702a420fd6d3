"""What a request may need and what is left for it, in words and as bars."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from ai.errors import PromptError
from requests_app import intake
from requests_app.budgets import Amount, WindowState, states
from requests_app.errors import RequestError
from requests_app.models import Measure, Period
from requests_app.pages.wording import dollars


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """``needed`` is the most that the next call may spend, None while the form holds nothing that could be sent."""

    needed: Amount | None
    windows: tuple[WindowState, ...]

    @property
    def need(self) -> str:
        if self.needed is None:
            return ""
        words = {"tokens": f"{self.needed.tokens:,}", "cost": _cost(self.needed.usd)}
        return _("About %(tokens)s tokens, %(cost)s") % words

    @property
    def lefts(self) -> list[str]:
        return [_left(window) for window in self.windows if window.limit is not None]

    @property
    def short(self) -> bool:
        """Whether some window has less than is needed: sending would be refused."""
        return self.needed is not None and any(_short(window, self.needed) for window in self.windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One window on the Account page; shares are percentages of its limit."""

    window: WindowState

    @property
    def title(self) -> str:
        if self.window.measure == Measure.TOKENS:
            return _("Tokens %(period)s") % {"period": _period(self.window)}
        return _("US dollars %(period)s") % {"period": _period(self.window)}

    @property
    def used(self) -> str:
        return figure(self.window.used, self.window.measure)

    @property
    def held(self) -> str:
        return figure(self.window.held, self.window.measure)

    @property
    def limit(self) -> str | None:
        return None if self.window.limit is None else figure(self.window.limit, self.window.measure)

    @property
    def left(self) -> str | None:
        return None if self.window.remaining is None else figure(self.window.remaining, self.window.measure)

    @property
    def used_share(self) -> str:
        return f"{self._share(self.window.used):.2f}"

    @property
    def held_share(self) -> str:
        room = Decimal(100) - self._share(self.window.used)
        return f"{min(self._share(self.window.held), room):.2f}"

    @property
    def full(self) -> bool:
        return self.window.remaining == 0

    def _share(self, amount: Decimal) -> Decimal:
        """A limit of nothing is used up."""
        if not self.window.limit:
            return Decimal(100)
        return min(max(amount, Decimal(0)) / self.window.limit, Decimal(1)) * 100


def allowance_of(user: User, submission: intake.Submission) -> Allowance:
    try:
        needed = intake.estimate(user, submission)
    except (RequestError, PromptError):
        needed = None
    return Allowance(needed=needed, windows=tuple(states(user, submission.team or user.personal_team)))


def figure(amount: Decimal, measure: str) -> str:
    return dollars(amount) if measure == Measure.USD else f"{amount:,.0f}"


def _left(window: WindowState) -> str:
    left, limit = (figure(amount or Decimal(0), window.measure) for amount in (window.remaining, window.limit))
    words = {"left": left, "limit": limit, "period": _period(window), "team": window.team}
    if window.measure == Measure.TOKENS:
        sentence = _("%(left)s of %(limit)s tokens left %(period)s") % words
    else:
        sentence = _("%(left)s of %(limit)s left %(period)s") % words
    return _("%(sentence)s for team %(team)s") % {"sentence": sentence, **words} if window.team else sentence


def _period(window: WindowState) -> str:
    return _("today") if window.period == Period.DAY else _("this month")


def _cost(usd: Decimal | None) -> str:
    if usd is None:
        return _("at an unknown price")
    return _("about %(cost)s") % {"cost": dollars(usd)} if usd else _("free")


def _short(window: WindowState, needed: Amount) -> bool:
    wanted = needed.of(window.measure)
    return window.remaining is not None and (wanted is None or wanted > window.remaining)
