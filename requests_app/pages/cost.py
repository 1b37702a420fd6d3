"""The Cost page: whose calls, which days and by what, as the address says; and what follows from that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from urllib.parse import urlencode

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from requests_app import alerts, usage
from requests_app.models import AIRequest, CostAlertDay, Dimension, Scope
from requests_app.pages import money
from requests_app.pages.asking import uuid_or_none
from requests_app.pages.export import UNKNOWN, cell, lines
from requests_app.pages.snippets import Snippet, usage_snippets
from requests_app.usage import CACHE_GOAL, Days, Freshness, Line, Sums, Whose

PERIODS: dict[str, tuple[int, str | Promise]] = {
    "1": (1, gettext_lazy("Today")),
    "7": (7, gettext_lazy("7 days")),
    "30": (30, gettext_lazy("30 days")),
}
KINDS: dict[str, str | Promise] = {
    "prompt": gettext_lazy("Prompt"),
    "version": gettext_lazy("Version"),
    "model": gettext_lazy("Model"),
    "user": gettext_lazy("User"),
    "team": gettext_lazy("Team"),
    "tag": gettext_lazy("Tag"),
}
MINE, EVERYTHING = "mine", "everything"
DRAWN, SHOWN, TEAMS = 6, 100, 12
CSV_COLUMNS = (
    "cost_usd", "unpriced_calls", "requests", "calls", "input_tokens", "cache_read_tokens", "cache_write_tokens",
    "output_tokens", "cache_hit_percent", "approved_answers", "cost_per_approved_usd", "reusable_answers",
    "served_again", "served_again_percent", "saved_usd", "unpriced_served_again",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A way to change what is shown."""

    label: str
    query: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; ``share`` is its part of the known cost, in percent."""

    name: str
    sums: Sums
    share: Decimal
    key: str = ""

    @property
    def cost(self) -> str:
        return money.cost(self.sums)

    @property
    def unpriced(self) -> str:
        return money.unpriced(self.sums)

    @property
    def value(self) -> str:
        """For the chart: nothing where it is unknown."""
        return "" if self.sums.cost is None else f"{self.sums.cost:f}"

    @property
    def width(self) -> str:
        return f"{max(min(self.share, Decimal(100)), Decimal(0)):.2f}"

    @property
    def sent(self) -> str:
        return money.short(self.sums.all_input)

    @property
    def received(self) -> str:
        return money.short(self.sums.output_tokens)

    @property
    def hits(self) -> str:
        return money.percent(self.sums.hit_rate)

    @property
    def reused(self) -> str:
        return money.percent(self.sums.reuse_rate)

    @property
    def saved(self) -> str:
        return money.saved(self.sums)

    @property
    def per_approved(self) -> str:
        return "-" if self.sums.per_approved is None else money.amount(self.sums.per_approved)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A day's cost, in parts as the chart stacks them; None is unknown, and stands for no bar."""

    day: date
    parts: tuple[Sums, ...]
    sums: Sums

    @property
    def cells(self) -> list[tuple[str, str]]:
        return [("" if part.cost is None else f"{part.cost:f}", money.cost(part)) for part in self.parts]

    @property
    def cost(self) -> str:
        return money.cost(self.sums)


class CostPage:
    """One person's look; each part is worked out when a template asks for it."""

    def __init__(self, user: User, query: Mapping[str, str], *, whose: Whose, host: str) -> None:
        self._user, self._host = user, host
        self.whose = whose
        self.period = query.get("days") or "7"
        self.kind = query.get("by") or "prompt"
        self._of = query.get("of") or MINE

    @property
    def problems(self) -> list[str]:
        wrong = []
        if self.period not in PERIODS:
            wrong.append(_("%(days)s is none of the periods.") % {"days": self.period})
        if self.kind not in KINDS:
            wrong.append(_("Costs are not told by %(kind)s.") % {"kind": self.kind})
        return wrong

    @property
    def sample(self) -> bool:
        """Whether sample data may be among it: of its team, or asked by this person. Everything leaves it out."""
        if self.whose.scope == Scope.USER:
            return AIRequest.objects.filter(user=self._user, team__sample=True).exists()
        return self.whose.id is not None and Team.objects.filter(pk=self.whose.id, sample=True).exists()

    @property
    def days(self) -> Days:
        return Days.latest(PERIODS[self.period][0])

    @property
    def time_zone(self) -> str:
        return settings.LINTEL_TIME_ZONE

    @property
    def kind_label(self) -> str:
        return str(KINDS[self.kind])

    @property
    def periods(self) -> list[Choice]:
        return [self._choice(str(label), days=days) for days, (_count, label) in PERIODS.items()]

    @property
    def kinds(self) -> list[Choice]:
        """One's own calls have one user."""
        kinds = {kind: label for kind, label in KINDS.items() if kind != "user" or self.whose.scope != Scope.USER}
        return [self._choice(str(label), by=kind) for kind, label in kinds.items()]

    @cached_property
    def owners(self) -> list[Choice]:
        teams = list(Team.objects.of(self._user).exclude(personal_of=self._user).order_by("name", "pk")[:TEAMS])
        choices = [self._choice(_("Mine"), of=MINE), *(self._choice(team.name, of=str(team.pk)) for team in teams)]
        if usage.sees_all(self._user):
            choices.append(self._choice(_("Everything"), of=EVERYTHING))
        if not any(each.chosen for each in choices):
            choices.append(self._choice(self.whose.name, of=self._of))
        return choices

    @cached_property
    def total(self) -> Row:
        sums = usage.total(self.whose, self.days)
        return Row(name=_("Total"), sums=sums, share=Decimal(100))

    @property
    def used(self) -> bool:
        return self.total.sums.calls > 0 or self.reuses

    @property
    def reuses(self) -> bool:
        """Whether any of these answers might have served again."""
        return self.total.sums.reusable_answers > 0

    @cached_property
    def rows(self) -> list[Row]:
        """The dearest first; what is beyond the longest table stands in one line, so that all of it is told."""
        found = usage.by_value(self.whose, Dimension(self.kind), self.days)
        rows = [self._row(line) for line in found[:SHOWN]]
        if len(found) > SHOWN:
            rest = sum((line.sums for line in found[SHOWN:]), Sums())
            rows.append(self._row(Line(value="", sums=rest), _("%(count)d others") % {"count": len(found) - SHOWN}))
        names = usage.names_of(Dimension(self.kind), [row.key for row in rows if row.key])
        return [Row(name=names.get(row.key, row.name), sums=row.sums, share=row.share, key=row.key) for row in rows]

    @property
    def by_tag(self) -> bool:
        return self.kind == Dimension.TAG

    @property
    def drawn(self) -> list[str]:
        """The names of what the chart stacks; the rest is stacked as one."""
        names = [row.name for row in self.rows[:DRAWN]]
        return [*names, _("Others")] if len(self.rows) > DRAWN else names

    @cached_property
    def day_rows(self) -> list[DayRow]:
        """Of every day, those without calls too."""
        places = {row.key: number for number, row in enumerate(self.rows[:DRAWN])}
        parts: dict[date, list[Sums]] = {day: [Sums()] * len(self.drawn) for day in self.days}
        for day, value, sums in usage.stacked(self.whose, Dimension(self.kind), self.days, list(places)):
            parts[day][len(places) if value is None else places[value]] = sums
        totals = {line.day: line.sums for line in usage.by_day(self.whose, Dimension.TOTAL, self.days)}
        return [DayRow(day=day, parts=tuple(each), sums=totals.get(day, Sums())) for day, each in parts.items()]

    @property
    def daily(self) -> bool:
        return self.period != "1"

    @property
    def goal(self) -> int:
        return CACHE_GOAL

    @property
    def below_goal(self) -> bool:
        rate = self.total.sums.hit_rate
        return rate is not None and rate < CACHE_GOAL

    @cached_property
    def freshness(self) -> Freshness:
        return usage.freshness()

    @cached_property
    def alerts(self) -> list[CostAlertDay] | None:
        """None for those whom the rules of all are not for."""
        return alerts.reached_since(self.days.first) if usage.sees_all(self._user) else None

    @property
    def query(self) -> str:
        return self._query()

    @property
    def file_name(self) -> str:
        return f"lintel-cost-by-{self.kind}-{self.days.first}-to-{self.days.last}.csv"

    @property
    def snippets(self) -> list[Snippet]:
        whose = {Scope.USER: {}, Scope.ALL: {"scope": EVERYTHING}}.get(self.whose.scope, {"team": str(self.whose.id)})
        query = {"group_by": self.kind, "from": self.days.first, "to": self.days.last, **whose}
        return usage_snippets(urlencode(query, safe=","), host=self._host)

    def csv(self) -> Iterator[str]:
        """The table as it is shown, in plain figures."""
        yield lines([[self.kind, *CSV_COLUMNS]])
        yield lines([cell(row.name), *_plain(row.sums)] for row in [*self.rows, self.total])

    def _row(self, line: Line, name: str = "") -> Row:
        known = self.total.sums.cost_usd
        share = line.sums.cost_usd * 100 / known if known > 0 else Decimal(0)
        return Row(name=name or line.value or _("no tag"), sums=line.sums, share=share, key=line.value)

    def _choice(self, label: str, **changes: str) -> Choice:
        now = {"days": self.period, "by": self.kind, "of": self._of}
        chosen = all(now[name] == value for name, value in changes.items())
        return Choice(label=label, query=self._query(**changes), chosen=chosen)

    def _query(self, **changes: str) -> str:
        wanted = {"days": self.period, "by": self.kind, "of": self._of, **changes}
        if wanted["by"] == "user" and wanted["of"] == MINE:
            wanted["by"] = "prompt"
        return urlencode(wanted)


def whose_of(user: User, query: Mapping[str, str]) -> Whose | None:
    """None for what is not there for this person."""
    of = query.get("of") or MINE
    if of == MINE:
        return usage.mine(user)
    if of == EVERYTHING:
        return usage.everybody() if usage.sees_all(user) else None
    team = uuid_or_none(of)
    return usage.of_team(user, team) if team else None


def _plain(sums: Sums) -> Iterable[str]:
    figures = (
        UNKNOWN if sums.cost is None else sums.cost.normalize(), sums.unpriced_calls, sums.requests, sums.calls,
        sums.input_tokens, sums.cache_read_tokens, sums.cache_write_tokens, sums.output_tokens,
        sums.hit_rate and round(sums.hit_rate, 1), sums.approved_answers,
        sums.per_approved and round(sums.per_approved, 6), sums.reusable_answers, sums.served_again,
        sums.reuse_rate and round(sums.reuse_rate, 1), UNKNOWN if sums.saved is None else sums.saved.normalize(),
        sums.unpriced_served_again,
    )  # fmt: skip
    return (cell(figure) for figure in figures)
