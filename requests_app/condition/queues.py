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
from requests_app.models import AIRequest, Lane, Status
from requests_app.models.clock import DatabaseClock, seconds_from_now

LONG_WAIT = timedelta(minutes=1)
GRACE_S = 15.0  # within which sweeps and workers put things right by themselves
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
    late: bool
    """Beyond its deadline; else its worker's lease has run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckReading(Reading):
    stuck: tuple[StuckRequest, ...] = ()
    count: int = 0


def queues() -> QueueReading:
    counts = {row["lane"]: row for row in _counts()}
    lanes = tuple(_lane(lane, counts.get(lane.value, {})) for lane in Lane)
    oldest = min((lane.oldest for lane in lanes if lane.oldest), default=None)
    waiting, running = sum(lane.waiting for lane in lanes), sum(lane.running for lane in lanes)
    if oldest is not None and timezone.now() - oldest > LONG_WAIT:
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
    late_before = seconds_from_now(-GRACE_S)
    late, lost = Q(deadline__lte=late_before), Q(lease__expires_at__lte=late_before)
    rows = AIRequest.objects.open().filter(late | lost)
    count = rows.count()
    if not count:
        return StuckReading(state="ok", says=_("Nothing is beyond its deadline or in the hands of a dead worker."))
    listed = rows.order_by("created").annotate(late=late)
    shown = listed.values("id", "prompt_key", "status", "created", "deadline", "late")[:SHOWN]
    found = tuple(StuckRequest(**row) for row in shown)
    says = ngettext(
        "%(count)d request should have ended by itself.", "%(count)d requests should have ended by themselves.", count
    )
    return StuckReading(
        state="bad",
        says=says % {"count": count},
        since=min((row.created for row in found), default=None),
        stuck=found,
        count=count,
        remedy=(commands.SWEEP,),
    )
