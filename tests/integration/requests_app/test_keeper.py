from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError
from pytest_django import Settings

from accounts.models import User
from ai.traffic import OpenRoad
from requests_app import keeper
from requests_app.database import DatabaseThreads
from requests_app.intake import accept, cancel
from requests_app.keeper import Keeper
from requests_app.lifecycle import Claim
from requests_app.live import LivePublisher
from requests_app.models import AIRequest, Status, WorkerLease
from requests_app.models.clock import seconds_from_now
from requests_app.runner import CANCELLED, LOST, Run, Runner
from requests_app.searching import Searches
from requests_app.writer import ChunkWriter
from tests.integration.requests_app.conftest import SUMMARY, claim_next


class Bench:
    """A keeper and its runner, moved by hand: nothing happens unless a test asks for it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threads = DatabaseThreads(1, "tests")
        live = LivePublisher()
        writer = ChunkWriter(threads, live.chunks, 0.01)
        parts = {"database": threads, "writer": writer, "live": live, "searches": Searches(1)}
        self.runner = Runner(loop=self.loop, traffic=OpenRoad(), capacity=3, **parts)  # type: ignore[arg-type]
        self.started: list[int] = []
        self.keeper = Keeper(runner=self.runner, start_more=self.started.append)
        self.keeper.renew()
        self.started.clear()

    def claim(self) -> Claim:
        assert self.runner.lease_id is not None
        claim = claim_next(self.runner.lease_id)
        assert claim is not None
        return claim

    def run(self, claim: Claim) -> Run:
        """As the runner does while it drives a claimed request."""
        run = Run(claim=claim)
        self.runner.running[claim.request.pk] = run
        return run

    def settle(self) -> None:
        """Let the loop do what it was told to."""
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()


@pytest.fixture
def bench(db: None) -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.loop.close()


def test_lease_is_taken_and_renewed(bench: Bench) -> None:
    lease = WorkerLease.objects.get()
    bench.keeper.renew()
    renewed = WorkerLease.objects.get()
    assert renewed.pk == lease.pk == bench.runner.lease_id
    assert renewed.expires_at > lease.expires_at


def test_lost_lease_stops_every_run_and_is_replaced(bench: Bench, waiting: AIRequest) -> None:
    run = bench.run(bench.claim())
    AIRequest.objects.filter(pk=waiting.pk).move(Status.PENDING)
    WorkerLease.objects.all().delete()
    bench.keeper.renew()
    bench.settle()
    assert run.stop.reason == LOST
    assert WorkerLease.objects.get().pk == bench.runner.lease_id


def test_wish_to_cancel_reaches_the_run(bench: Bench, waiting: AIRequest) -> None:
    run = bench.run(bench.claim())
    bench.keeper.look()
    bench.settle()
    assert run.stop.reason is None
    cancel(waiting)
    bench.keeper.look()
    bench.settle()
    assert run.stop.reason == CANCELLED


def test_taken_request_is_let_go(bench: Bench, waiting: AIRequest) -> None:
    run = bench.run(bench.claim())
    AIRequest.objects.filter(pk=waiting.pk).move(Status.PENDING)
    bench.keeper.look()
    bench.settle()
    assert run.stop.reason == LOST


def test_request_that_nobody_runs_for_a_lease_s_time_is_queued(
    bench: Bench, waiting: AIRequest, settings: Settings
) -> None:
    bench.claim()
    for _each in range(3):
        bench.keeper.look()
    assert AIRequest.objects.get().status == Status.PROCESSING, "a busy loop takes a while to begin what was claimed"
    settings.LINTEL_LEASE_SECONDS = 0.0
    bench.keeper.look()
    assert AIRequest.objects.get().status == Status.PENDING


def test_request_that_began_late_is_left_alone(bench: Bench, waiting: AIRequest, settings: Settings) -> None:
    claim = bench.claim()
    bench.keeper.look()
    bench.run(claim)
    settings.LINTEL_LEASE_SECONDS = 0.0
    bench.keeper.look()
    assert AIRequest.objects.get().status == Status.PROCESSING


def test_work_without_a_wake_up_is_started(bench: Bench, alice: User) -> None:
    accept(alice, SUMMARY)
    bench.keeper.renew()
    assert bench.started == [], "a fresh request has its wake-up on the way"
    AIRequest.objects.update(created=seconds_from_now(-5))
    bench.keeper.renew()
    assert bench.started == [1]


def test_full_process_starts_nothing(bench: Bench, alice: User, settings: Settings) -> None:
    for _each in range(4):
        accept(alice, SUMMARY)
    AIRequest.objects.update(created=seconds_from_now(-5))
    for _each in range(3):
        bench.run(bench.claim())
    bench.keeper.renew()
    assert bench.started == []


def test_process_that_cannot_stop_a_call_ends(bench: Bench, waiting: AIRequest) -> None:
    run = bench.run(bench.claim())
    run.overdue_at = time.monotonic() - 1
    child = os.fork()
    if child == 0:
        bench.keeper.look()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == os.EX_SOFTWARE


def looks_until_it_ends(bench: Bench, *, turns: bool) -> int:
    """The exit code of a process that looks for more than half a minute; its loop takes its turns, or is stuck."""
    child = os.fork()
    if child == 0:
        for _each in range(200):
            bench.keeper.look()
            if turns:
                bench.settle()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_process_whose_loop_is_stuck_ends(bench: Bench, waiting: AIRequest) -> None:
    bench.run(bench.claim())
    cancel(waiting)
    assert looks_until_it_ends(bench, turns=False) == os.EX_SOFTWARE


def test_process_whose_loop_takes_its_turns_goes_on(bench: Bench, waiting: AIRequest) -> None:
    bench.run(bench.claim())
    assert looks_until_it_ends(bench, turns=True) == 0


@pytest.mark.usefixtures("committed")
def test_started_keeper_gives_its_lease_back() -> None:
    bench = Bench()
    WorkerLease.objects.all().delete()
    bench.keeper.start()
    deadline = time.monotonic() + 10
    while not WorkerLease.objects.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    bench.keeper.stop()
    bench.loop.close()
    assert not WorkerLease.objects.exists()
    assert "keeper" not in [thread.name for thread in threading.enumerate()]


def test_leases_that_an_outage_let_expire_are_not_taken(
    bench: Bench, waiting: AIRequest, lease: WorkerLease, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert claim_next(lease.pk)
    WorkerLease.objects.filter(pk=lease.pk).update(expires_at=seconds_from_now(-1))
    [renew] = [duty for duty in bench.keeper._duties if duty.work == bench.keeper.renew]
    with monkeypatch.context() as outage:
        outage.setattr(keeper, "on_fresh_connection", fail)
        bench.keeper._do(renew)
    bench.keeper.sweep()
    assert AIRequest.objects.get().lease == lease, "its process may be as alive as this one"
    bench.keeper._lenient_until -= settings.LINTEL_LEASE_SECONDS
    bench.keeper.sweep()
    assert AIRequest.objects.get().takeovers == 1


def fail(_work: object) -> None:
    raise OperationalError("the server closed the connection")
