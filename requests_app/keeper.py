"""The keeper: one thread a worker process that keeps its lease, notices cancels and losses, and sweeps.

It has its own connection and never waits for the loop, so that a busy loop cannot cost the process its lease.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction

from ai.signals import deliver_through
from requests_app import ledger
from requests_app.database import on_fresh_connection
from requests_app.models import AIRequest, Status, WorkerLease
from requests_app.models.clock import seconds_from_now
from requests_app.review import deliver
from requests_app.runner import CANCELLED, LOST, OVERDUE_S, Run, Runner
from requests_app.sweep import sweep, take_back
from requests_app.tally import count

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Duty:
    """Something to do again and again; ``jitter_s`` keeps the processes of a fleet apart."""

    every_s: float
    work: Callable[[], object]
    jitter_s: float = 0.0
    due_at: float = 0.0

    def plan(self, now: float) -> None:
        self.due_at = now + self.every_s + random.uniform(-self.jitter_s, self.jitter_s)  # noqa: S311 - no secret


class Keeper:
    """Keeps ``runner`` honest. ``start_more(n)`` asks the loop to claim up to n waiting requests."""

    def __init__(self, *, runner: Runner, start_more: Callable[[int], None]) -> None:
        self._runner = runner
        self._start_more = start_more
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._lease: WorkerLease | None = None
        self._suspects: dict[UUID, float] = {}
        self._unheard_looks = 0
        self._lenient_until = 0.0
        sweep_s = settings.LINTEL_SWEEP_SECONDS
        self._duties = [
            Duty(settings.LINTEL_RENEW_SECONDS, self.renew),
            Duty(settings.LINTEL_LOOK_SECONDS, self.look),
            Duty(settings.LINTEL_RENEW_SECONDS, deliver),
            Duty(sweep_s, self.sweep, jitter_s=sweep_s / 5),
            Duty(sweep_s, count, jitter_s=sweep_s / 5),
        ]

    def start(self) -> None:
        """Begin; the first round takes the lease, as soon as the database is there."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and give the lease back, if nothing runs under it any more."""
        self._stopping.set()
        self._thread.join(timeout=5)
        if self._lease is not None and not self._runner.running:
            on_fresh_connection(WorkerLease.objects.filter(pk=self._lease.pk, requests=None).delete)

    def look(self) -> None:
        """Which of our requests were cancelled, which taken, which has nobody here who runs it?"""
        runs = dict(self._runner.running)
        self._exit_if_stuck(runs)
        rows = AIRequest.objects.filter(lease=self._lease, status=Status.PROCESSING)
        cancelled = dict(rows.values_list("pk", "cancel_requested_at"))
        for request_id, run in runs.items():
            if request_id not in cancelled:
                self._runner.pull(run, LOST)
            elif cancelled[request_id] is not None:
                self._runner.pull(run, CANCELLED)
        self._release_orphans(set(cancelled) - set(runs))

    def _release_orphans(self, suspects: set[UUID]) -> None:
        """Give up rows that we hold and have not run for a lease's time: a claim takes a busy loop seconds to begin."""
        now = time.monotonic()
        self._suspects = {request_id: self._suspects.get(request_id, now) for request_id in suspects}
        long_ago = now - settings.LINTEL_LEASE_SECONDS
        orphans = {each for each, since in self._suspects.items() if since <= long_ago} - set(self._runner.running)
        if not orphans:
            return
        with transaction.atomic():
            held = AIRequest.objects.filter(pk__in=orphans, lease=self._lease).order_by("pk")
            requests = list(held.select_for_update(of=("self",)))
            ledger.lock([request.pk for request in requests])
            for request in requests:
                logger.warning("request %s has lost its runner and is queued again", request.pk)
                take_back(request)

    def renew(self) -> None:
        """Keep the lease, or stop everything and take a new one; then see to work whose wake-up was lost."""
        if self._lease is None:
            self._take_lease()
        elif not WorkerLease.objects.renew(self._lease, settings.LINTEL_LEASE_SECONDS):
            logger.warning("the lease was lost; every stream of this process is stopped")
            for run in list(self._runner.running.values()):
                self._runner.pull(run, LOST)
            self._take_lease()
        self._see_to_waiting()

    def sweep(self) -> None:
        """After an outage of the database everybody's lease has expired, and nobody is dead for that."""
        sweep(take_leases=time.monotonic() >= self._lenient_until)

    def _see_to_waiting(self) -> None:
        free = self._runner.capacity - len(self._runner.running)
        if free > 0 and not self._runner.closing:
            waiting = AIRequest.objects.due().filter(created__lt=seconds_from_now(-settings.LINTEL_RENEW_SECONDS))
            count = waiting[:free].count()
            if count:
                self._start_more(count)

    def _take_lease(self) -> None:
        self._lease = WorkerLease.objects.create(
            host=socket.gethostname(), pid=os.getpid(), expires_at=seconds_from_now(settings.LINTEL_LEASE_SECONDS)
        )
        self._runner.lease_id = self._lease.pk

    def _run(self) -> None:
        deliver_through(self._runner.aside)  # a slow receiver must not cost the process its lease
        while not self._stopping.is_set():
            now = time.monotonic()
            for duty in self._duties:
                if duty.due_at <= now:
                    self._do(duty)
                    duty.plan(now)
            self._stopping.wait(min(duty.due_at for duty in self._duties) - time.monotonic())

    def _do(self, duty: Duty) -> None:
        try:
            on_fresh_connection(duty.work)
        except (DatabaseError, InterfaceError) as problem:
            logger.warning("the keeper waits for the database (%s)", type(problem).__name__)
            if duty.work == self.renew:
                self._lenient_until = time.monotonic() + settings.LINTEL_LEASE_SECONDS
        except Exception:
            logger.exception("the keeper's duty failed")

    def _exit_if_stuck(self, runs: dict[UUID, Run]) -> None:
        if any(time.monotonic() > run.overdue_at for run in runs.values()):
            self._exit("an attempt has outlived its deadline")
        # Counted in looks, not in seconds: a process that was frozen has not been looking either.
        if self._unheard_looks * settings.LINTEL_LOOK_SECONDS > OVERDUE_S:
            self._exit("the loop is stuck and hears of no cancel")
        self._unheard_looks += 1
        self._runner.echo(self._hear_loop)

    def _hear_loop(self) -> None:
        self._unheard_looks = 0

    def _exit(self, reason: str) -> None:
        logger.critical("%s; this process ends so that its supervisor starts another", reason)
        os._exit(os.EX_SOFTWARE)
