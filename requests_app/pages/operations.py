"""The checklist of the Operations page: which rows there are, and how each reads when it has looked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from requests_app.condition import commands
from requests_app.condition.breakers import breakers
from requests_app.condition.broker import broker
from requests_app.condition.index import index
from requests_app.condition.postgres import database, migrations
from requests_app.condition.providers import providers
from requests_app.condition.queues import QueueReading, StuckReading, StuckRequest, queues, stuck
from requests_app.condition.reading import Fact, Reading, State, brief_statements, worst
from requests_app.condition.workers import beat, workers
from requests_app.models import Status, Stuck
from requests_app.pages.wording import ago

PATIENCE_S = 2.0  # for each statement of a row
WORDS: dict[State, str | Promise] = {
    "looking": gettext_lazy("looking"),
    "ok": gettext_lazy("ok"),
    "idle": gettext_lazy("quiet"),
    "warn": gettext_lazy("attention"),
    "bad": gettext_lazy("problem"),
}
SUMMARIES: dict[State, str | Promise] = {
    "looking": gettext_lazy("Looking at everything."),
    "bad": gettext_lazy("Something is broken. Its row says what to type."),
    "warn": gettext_lazy("Something wants attention."),
    "ok": gettext_lazy("Everything works."),
    "idle": gettext_lazy("Nothing is known yet."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A row that tests itself."""

    key: str
    title: str | Promise
    about: str | Promise
    read: Callable[[], Reading]
    asks_database: bool = True

    def look(self) -> Row:
        """Bounded in time, whatever hangs."""
        if not self.asks_database:
            return Row(check=self, reading=self.read())
        try:
            with brief_statements(PATIENCE_S):
                return Row(check=self, reading=self.read())
        except (OperationalError, InterfaceError):
            return self.unanswered()

    def unanswered(self) -> Row:
        says = _("The database gave no answer to this.")
        return Row(check=self, reading=Reading(state="bad", says=says, remedy=(commands.ASK_DATABASE,)))


CHECKS = {
    check.key: check
    for check in (
        Check(key="database", title=gettext_lazy("Database"), about=gettext_lazy("Holds everything."), read=database),
        Check(
            key="migrations",
            title=gettext_lazy("Migrations"),
            about=gettext_lazy("Code and tables agree."),
            read=migrations,
        ),
        Check(
            key="broker",
            title=gettext_lazy("Broker"),
            about=gettext_lazy("Carries hints."),
            read=broker,
            asks_database=False,
        ),
        Check(key="workers", title=gettext_lazy("Workers"), about=gettext_lazy("Call the models."), read=workers),
        Check(key="beat", title=gettext_lazy("Beat and jobs"), about=gettext_lazy("Keep the schedule."), read=beat),
        Check(
            key="providers",
            title=gettext_lazy("Providers"),
            about=gettext_lazy("Answer, as workers saw it in the last hour."),
            read=providers,
        ),
        Check(
            key="breakers",
            title=gettext_lazy("Breakers and limits"),
            about=gettext_lazy("Leave failing models alone."),
            read=breakers,
            asks_database=False,
        ),
        Check(key="queues", title=gettext_lazy("Queues"), about=gettext_lazy("What waits and runs."), read=queues),
        Check(key="index", title=gettext_lazy("Index"), about=gettext_lazy("Makes documents found."), read=index),
        Check(
            key="stuck",
            title=gettext_lazy("Stuck requests"),
            about=gettext_lazy("What nothing has put right by itself."),
            read=stuck,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A check with what it found; without a reading it has not looked yet."""

    check: Check
    reading: Reading | None = None

    @property
    def state(self) -> State:
        return self.reading.state if self.reading else "looking"

    @property
    def word(self) -> str:
        return str(WORDS[self.state])

    @property
    def since(self) -> str:
        """How long it is up; where it is down, when it was last seen; of what waits, how old the oldest is."""
        if self.reading is None or self.reading.since is None:
            return ""
        if isinstance(self.reading, QueueReading | StuckReading):
            return _("oldest: %(moment)s") % {"moment": ago(self.reading.since)}
        if self.reading.ok:
            return _("for %(span)s") % {"span": _span(self.reading.since)}
        return _("last seen %(moment)s") % {"moment": ago(self.reading.since)}

    @property
    def facts(self) -> list[tuple[str, str]]:
        return _worded(self.reading.facts) if self.reading else []

    @property
    def parts(self) -> Iterator[dict[str, object]]:
        for part in self.reading.parts if self.reading else ():
            facts = _worded(part.facts)
            yield {
                "name": part.name,
                "state": part.state,
                "word": WORDS[part.state],
                "facts": facts,
                "reset": part.reset,
            }

    @property
    def lanes(self) -> Iterator[dict[str, object]]:
        for lane in getattr(self.reading, "lanes", ()):
            oldest = ago(lane.oldest) if lane.oldest else ""
            counts = (lane.running, lane.put_back, lane.overdue)
            yield {"name": lane.lane, "figures": [str(lane.waiting), oldest, *map(str, counts)]}

    @property
    def stuck(self) -> Iterator[dict[str, object]]:
        for row in getattr(self.reading, "stuck", ()):
            yield _stuck_row(row)


def look_at_all() -> list[Row]:
    """One after the other; once the database has not answered, whatever else would ask it is not waited for."""
    rows: list[Row] = []
    away = False
    for check in CHECKS.values():
        row = check.unanswered() if away and check.asks_database else check.look()
        away = away or (check.key == "database" and row.state == "bad")
        rows.append(row)
    return rows


def summary_of(rows: list[Row]) -> str:
    return str(SUMMARIES[worst(row.state for row in rows)])


def _span(since: datetime) -> str:
    if timezone.now() - since < timedelta(minutes=1):
        return _("less than a minute")
    return timesince(since, depth=1)


def _worded(facts: tuple[Fact, ...]) -> list[tuple[str, str]]:
    return [(fact.label, ago(fact.value) if isinstance(fact.value, datetime) else fact.value) for fact in facts]


def _stuck_row(row: StuckRequest) -> dict[str, object]:
    return {
        "id": row.id,
        "prompt": row.prompt_key,
        "status": Status(row.status).label,
        "reason": Stuck(row.stuck).label,
        "age": ago(row.created),
        "url": _admin_url(row),
    }


def _admin_url(row: StuckRequest) -> str:
    try:
        return reverse("admin:requests_app_airequest_change", args=[row.id])
    except NoReverseMatch:
        return ""
