"""Who works: the workers for requests by their leases, beat and the jobs worker by their pulse."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from requests_app.condition import commands
from requests_app.condition.reading import Fact, Part, Reading, State
from requests_app.models import AIRequest, Pulse, Status, WorkerLease
from requests_app.models.clock import DatabaseClock
from requests_app.models.pulse import BEAT, BEAT_SILENCE


def workers() -> Reading:
    """A lease that has run out and still stands belongs to a worker that fell silent a moment ago."""
    leases = list(WorkerLease.objects.order_by("started"))
    lively = set(WorkerLease.objects.live().values_list("pk", flat=True))
    live = [lease for lease in leases if lease.pk in lively]
    counts = _running()
    parts = tuple(_part(lease, live=lease.pk in lively, running=counts.get(lease.pk, 0)) for lease in leases)
    if not live:
        says = _("No worker is running. Requests are accepted and wait.")
        return Reading(state="bad", says=says, parts=parts, remedy=(commands.START_WORKER,))
    running = sum(counts.get(lease.pk, 0) for lease in live)
    says = ngettext("%(count)d worker, %(running)d running.", "%(count)d workers, %(running)d running.", len(live))
    state: State = "ok" if len(live) == len(leases) else "warn"
    return Reading(
        state=state,
        says=says % {"count": len(live), "running": running},
        since=live[0].started,
        parts=parts,
    )


def _running() -> dict[UUID, int]:
    held = AIRequest.objects.filter(status=Status.PROCESSING).order_by().values("lease")
    return dict(held.annotate(count=Count("pk")).values_list("lease", "count"))


def _part(lease: WorkerLease, *, live: bool, running: int) -> Part:
    facts = (
        Fact(label=_("Running"), value=str(running)),
        Fact(label=_("Up since"), value=lease.started)
        if live
        else Fact(label=_("Silent"), value=_("its requests are taken back")),
    )
    return Part(
        name=_("%(host)s, process %(pid)d") % {"host": lease.host, "pid": lease.pid},
        state="ok" if live else "bad",
        facts=facts,
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
