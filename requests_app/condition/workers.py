"""Who works: the workers for requests by their leases, beat and the jobs worker by their pulse."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from requests_app.condition import commands
from requests_app.condition.reading import Fact, Part, Reading, State
from requests_app.models import Pulse, WorkerLease
from requests_app.models.clock import DatabaseClock
from requests_app.models.pulse import BEAT, BEAT_SILENCE


def workers() -> Reading:
    """A lease that has run out and still stands belongs to a worker that fell silent a moment ago."""
    rows = WorkerLease.objects.annotate(running=Count("requests"), live=Q(expires_at__gt=DatabaseClock()))
    leases = list(rows.order_by("started").values("host", "pid", "started", "running", "live"))
    live = [lease for lease in leases if lease["live"]]
    since: datetime | None = live[0]["started"] if live else None
    parts = tuple(_part(**lease) for lease in leases)
    if not live:
        says = _("No worker is running. Requests are accepted and wait.")
        return Reading(state="bad", says=says, parts=parts, remedy=(commands.START_WORKER,))
    running = sum(lease["running"] for lease in live)
    says = ngettext("%(count)d worker, %(running)d running.", "%(count)d workers, %(running)d running.", len(live))
    state: State = "ok" if len(live) == len(leases) else "warn"
    return Reading(
        state=state,
        says=says % {"count": len(live), "running": running},
        since=since,
        parts=parts,
    )


def _part(*, host: str, pid: int, started: datetime, running: int, live: bool) -> Part:
    facts = (
        Fact(label=_("Running"), value=str(running)),
        Fact(label=_("Up"), value=started) if live else Fact(label=_("Silent"), value=_("its requests are taken back")),
    )
    return Part(
        name=_("%(host)s, process %(pid)d") % {"host": host, "pid": pid}, state="ok" if live else "bad", facts=facts
    )


def beat() -> Reading:
    pulse = Pulse.objects.filter(name=BEAT)
    if fresh := pulse.filter(at__gt=DatabaseClock() - BEAT_SILENCE).first():
        facts = (Fact(label=_("Last sign of life"), value=fresh.at),)
        return Reading(state="ok", says=_("Beat sends and the jobs worker runs."), since=fresh.since, facts=facts)
    last = pulse.first()
    says = _("One of the two is silent. Requests go on; schedules do not.")
    remedy = (commands.START_JOBS, commands.START_BEAT)
    return Reading(state="bad", says=says, since=last.at if last else None, remedy=remedy)
