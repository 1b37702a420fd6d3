"""What waits, what runs, and what should have ended by itself and has not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from requests_app.condition import commands
from requests_app.condition.reading import Reading
from requests_app.models import AIRequest, Lane, Status, Stuck
from requests_app.models.clock import DatabaseClock
from requests_app.models.request import LONG_WAIT_S

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneCount:
    """``waiting`` are those that a worker could claim now, ``put_back`` those that wait for a model's recovery."""

    lane: str
    waiting: int = 0
    oldest: datetime | None = None
    running: int = 0
    put_back: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReading(Reading):
    lanes: tuple[LaneCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckRequest:
    """No text, no payload: whoever looks here need not read it."""

    id: UUID
    prompt_key: str
    status: str
    created: datetime
    deadline: datetime
    stuck: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckReading(Reading):
    stuck: tuple[StuckRequest, ...] = ()
    count: int = 0


def queues() -> QueueReading:
    counts = {row["lane"]: row for row in _counts()}
    lanes = tuple(_lane(lane, counts.get(lane.value, {})) for lane in Lane)
    oldest = min((lane.oldest for lane in lanes if lane.oldest), default=None)
    waiting, running = sum(lane.waiting for lane in lanes), sum(lane.running for lane in lanes)
    if oldest is not None and timezone.now() - oldest > timedelta(seconds=LONG_WAIT_S):
        says = _("The oldest request has waited for more than a minute: more workers, or more streams in each?")
        return QueueReading(state="warn", says=says, since=oldest, lanes=lanes, remedy=(commands.START_WORKER,))
    says = _("%(waiting)d waiting, %(running)d running.") % {"waiting": waiting, "running": running}
    return QueueReading(state="ok" if waiting or running else "idle", says=says, lanes=lanes)


def _lane(lane: Lane, counts: Mapping[str, Any]) -> LaneCount:
    return LaneCount(**{**counts, "lane": str(lane.label)})


def _counts() -> Iterable[Mapping[str, Any]]:
    now = DatabaseClock()
    claimable = Q(status=Status.PENDING, deadline__gt=now) & (Q(not_before=None) | Q(not_before__lte=now))
    rows: Any = AIRequest.objects.open().order_by().values("lane")
    counted: Iterable[Mapping[str, Any]] = rows.annotate(
        waiting=Count("pk", filter=claimable),
        oldest=Min("created", filter=claimable),
        running=Count("pk", filter=Q(status=Status.PROCESSING)),
        put_back=Count("pk", filter=Q(status=Status.PENDING, not_before__gt=now)),
        overdue=Count("pk", filter=Q(deadline__lte=now)),
    )
    return counted


def stuck() -> StuckReading:
    rows: Any = AIRequest.objects.stuck()
    grouped = rows.order_by().values("stuck").annotate(count=Count("pk"))
    kinds = {row["stuck"]: row["count"] for row in grouped}
    if not kinds:
        return StuckReading(state="ok", says=_("Everything moves on by itself."))
    shown = rows.order_by("created").values("id", "prompt_key", "status", "created", "deadline", "stuck")[:SHOWN]
    found = tuple(StuckRequest(**row) for row in shown)
    count = sum(kinds.values())
    says = ngettext(
        "%(count)d request should have moved on by itself.",
        "%(count)d requests should have moved on by themselves.",
        count,
    )
    return StuckReading(
        state="warn" if kinds.keys() == {Stuck.WAITING} else "bad",
        says=says % {"count": count},
        since=min((row.created for row in found), default=None),
        stuck=found,
        count=count,
        remedy=_remedy(kinds),
    )


def _remedy(kinds: Mapping[str, int]) -> tuple[str, ...]:
    """A sweep puts right all but what waits for a free worker."""
    start = (commands.START_WORKER,) if Stuck.WAITING in kinds else ()
    return (commands.SWEEP, *start) if kinds.keys() - {Stuck.WAITING} else start
