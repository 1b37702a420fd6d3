"""What was used and what it cost, as the sums by day tell it: for oneself, a team of one's own, or everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, QuerySet, Sum, When
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from requests_app.days import day_of
from requests_app.models import Dimension, Scope, UsageCount, UsageDay
from requests_app.tally import uncounted

SEE_ALL = "requests_app.view_all_usage"
CACHE_GOAL = 60
"""Of a hundred input tokens of a busy prompt, how many the provider should find in its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """``cost_usd`` is what is known: all of it where no call is unpriced, nothing where every call is.

    So is ``saved_usd`` of the answers that were served again.
    """

    calls: int = 0
    requests: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced_calls: int = 0
    estimated_calls: int = 0
    approved_answers: int = 0
    reusable_answers: int = 0
    served_again: int = 0
    saved_usd: Decimal = Decimal(0)
    unpriced_served_again: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(**{name: getattr(self, name) + getattr(other, name) for name in MEASURES})

    @property
    def cost(self) -> Decimal | None:
        """None where nothing of it is known."""
        return None if self.calls and self.unpriced_calls >= self.calls else self.cost_usd

    @property
    def complete(self) -> bool:
        return not self.unpriced_calls

    @property
    def all_input(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def hit_rate(self) -> Decimal | None:
        """Input tokens read from the provider's cache, in percent of all."""
        return Decimal(self.cache_read_tokens) * 100 / self.all_input if self.all_input else None

    @property
    def reuse_rate(self) -> Decimal | None:
        """Answers that were served again, in percent of all that prompts let serve again."""
        return Decimal(self.served_again) * 100 / self.reusable_answers if self.reusable_answers else None

    @property
    def saved(self) -> Decimal | None:
        """None where nothing of it is known."""
        return None if self.served_again and self.unpriced_served_again >= self.served_again else self.saved_usd

    @property
    def per_approved(self) -> Decimal | None:
        """All that was spent, for each answer that somebody approved."""
        return None if self.cost is None or not self.approved_answers else self.cost / self.approved_answers


MEASURES = tuple(field.name for field in fields(Sums))


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Among whose calls sums are told. ``name`` is the team's."""

    scope: Scope
    id: UUID | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One value's sums, on one day or, with ``day`` None, on all of them."""

    value: str
    sums: Sums
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """From the first to the last day, both among them."""

    first: date
    last: date

    @classmethod
    def latest(cls, count: int) -> Days:
        today = day_of(timezone.now())
        return cls(first=today - timedelta(days=count - 1), last=today)

    def __iter__(self) -> Any:
        return iter([self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """``as_of`` None: nothing was ever counted. ``stale_zone``: the days are still those of another time zone."""

    as_of: datetime | None
    stale_zone: str = ""


def sees_all(user: User) -> bool:
    return user.has_perm(SEE_ALL)


def mine(user: User) -> Whose:
    return Whose(scope=Scope.USER, id=user.pk)


def everybody() -> Whose:
    return Whose(scope=Scope.ALL)


def of_team(user: User, team_id: UUID) -> Whose | None:
    """None for a team that is none of the user's, unless they may see everything."""
    teams = Team.objects.all() if sees_all(user) else Team.objects.of(user)
    team = teams.filter(pk=team_id).first()
    return Whose(scope=Scope.TEAM, id=team.pk, name=team.name) if team else None


def total(whose: Whose, days: Days) -> Sums:
    found = by_value(whose, Dimension.TOTAL, days)
    return found[0].sums if found else Sums()


def by_value(whose: Whose, dimension: Dimension, days: Days) -> list[Line]:
    """The dearest first; what has no known price goes by its calls."""
    rows = _summed(_rows(whose, dimension, days).values("value")).order_by("-sum_cost_usd", "-sum_calls", "value")
    return [Line(value=row["value"], sums=_sums(row)) for row in rows]


def by_day(whose: Whose, dimension: Dimension, days: Days, *, most: int | None = None) -> list[Line]:
    rows = _rows(whose, dimension, days).order_by("day", "value").values("day", "value", *MEASURES)
    return [
        Line(value=row["value"], day=row["day"], sums=Sums(**{name: row[name] for name in MEASURES}))
        for row in rows[:most]
    ]


def stacked(whose: Whose, dimension: Dimension, days: Days, values: list[str]) -> list[tuple[date, str | None, Sums]]:
    """Each day's sums of these values, and those of all others together under None."""
    kept = Case(When(value__in=values, then=F("value")), default=None)
    rows = _summed(_rows(whose, dimension, days).annotate(kept=kept).values("day", "kept")).order_by("day")
    return [(row["day"], row["kept"], _sums(row)) for row in rows]


def names_of(dimension: Dimension, values: Iterable[str]) -> dict[str, str]:
    """How values read: people and teams have ids in the sums. Who was anonymised has no name."""
    if dimension == Dimension.USER:
        people = User.objects.filter(pk__in=list(values)).values_list("pk", "username")
        return {str(pk): _("anonymous") if name == f"anonymous-{pk}" else name for pk, name in people}
    if dimension == Dimension.TEAM:
        teams = Team.objects.filter(pk__in=list(values)).values_list("pk", "name", "personal_of")
        return {str(pk): _("anonymous") if name == f"anonymous-{person}" else name for pk, name, person in teams}
    return {}


def freshness() -> Freshness:
    if not (counted := UsageCount.objects.first()):
        return Freshness(as_of=None)
    stale = "" if counted.time_zone == settings.LINTEL_TIME_ZONE else counted.time_zone
    return Freshness(as_of=counted.as_of if uncounted() else timezone.now(), stale_zone=stale)


def _rows(whose: Whose, dimension: Dimension, days: Days) -> QuerySet[UsageDay]:
    return UsageDay.objects.filter(
        scope=whose.scope, scope_id=whose.id, dimension=dimension, day__range=(days.first, days.last)
    )


def _summed(rows: Any) -> Any:
    return rows.annotate(**{f"sum_{name}": Sum(F(name)) for name in MEASURES})


def _sums(row: dict[str, Any]) -> Sums:
    return Sums(**{name: row[f"sum_{name}"] for name in MEASURES})
