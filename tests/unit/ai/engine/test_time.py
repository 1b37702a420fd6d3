"""Deadlines, idle limits and stops, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from ai.engine import CallStarting, Event, Failed, Stop, Stopped, drive
from ai.providers.fake import FakeProvider, Script
from ai.types import TextDelta, Usage
from tests.unit.ai.engine.driving import driven, job

HANGING = Script(text="abc", ending="hang", keepalive_s=0.02)


def pull_on(kind: type[Event], stop: Stop, *, after_s: float = 0.0) -> Callable[[Event], None]:
    def on_event(event: Event) -> None:
        if isinstance(event, kind):
            asyncio.get_running_loop().call_later(after_s, stop.pull, "cancelled")

    return on_event


async def closed_by_client(fake: FakeProvider) -> None:
    """Wait until the first call's client has gone away."""
    async with asyncio.timeout(5):
        while fake.ledger.calls[0].client_disconnected_at is None:  # noqa: ASYNC110  # the ledger tells nobody
            await asyncio.sleep(0.005)


async def test_deadline_ends_a_trickling_stream(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="a" * 1000, chunk_chars=1, chunk_delay_s=0.02))
    result = await driven(job(fake, deadline_s=1.0))
    assert isinstance(result.end, Failed)
    assert (result.end.code, result.outcomes) == ("deadline_exceeded", ["deadline_exceeded"])
    assert 0 < len(result.text) < 1000
    assert result.closed[0].usage.output_tokens > 0


async def test_no_wait_outlasts_the_deadline(fake: FakeProvider) -> None:
    fake.scripts.default = Script(status=429, retry_after_ms="1500")
    result = await driven(job(fake, deadline_s=1.0))
    assert isinstance(result.end, Failed)
    assert (result.end.code, len(result.calls)) == ("provider_unavailable", 1)


async def test_no_time_left_makes_no_call(fake: FakeProvider) -> None:
    result = await driven(job(fake, deadline_s=0.0))
    assert isinstance(result.end, Failed)
    assert (result.end.code, result.calls) == ("deadline_exceeded", [])


async def test_keep_alives_do_not_stretch_the_idle_limit(fake: FakeProvider, settings: Settings) -> None:
    settings.LINTEL_CONTENT_IDLE_SECONDS = 0.15
    fake.scripts.push(HANGING, Script(text="fine"))
    result = await driven(job(fake))
    assert result.outcomes == ["provider_unavailable", "done"]
    await closed_by_client(fake)


async def test_slow_steady_text_is_not_idle(fake: FakeProvider, settings: Settings) -> None:
    settings.LINTEL_CONTENT_IDLE_SECONDS = 0.6
    fake.scripts.push(Script(text="abcdefgh" * 2, chunk_chars=1, chunk_delay_s=0.05))
    assert (await driven(job(fake))).outcomes == ["done"]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (Script(first_delay_s=5), CallStarting),
        (HANGING, TextDelta),
        (Script(status=429, retry_after="2"), CallStarting),
    ],
    ids=["before the first byte", "between texts", "during backoff"],
)
async def test_stop_wakes_at_once(fake: FakeProvider, script: Script, kind: type[Event]) -> None:
    fake.scripts.default = script
    task = job(fake)
    async with asyncio.timeout(1.5):  # sooner than what it would wait for otherwise
        result = await driven(task, pull_on(kind, task.stop, after_s=0.1))
    assert result.end == Stopped(reason="cancelled")


async def test_stop_reaches_the_socket(fake: FakeProvider) -> None:
    fake.scripts.push(HANGING)
    task = job(fake)
    result = await driven(task, pull_on(TextDelta, task.stop))
    await closed_by_client(fake)
    assert result.outcomes == ["cancelled"]
    assert result.closed[0].usage.estimated


async def test_stop_before_the_call_makes_no_traffic(fake: FakeProvider) -> None:
    task = job(fake)
    result = await driven(task, lambda event: task.stop.pull("lost") if isinstance(event, CallStarting) else None)
    assert result.end == Stopped(reason="lost")
    assert fake.ledger.calls == []
    assert result.closed[0].usage == Usage()


async def test_first_reason_stands() -> None:
    stop = Stop()
    stop.pull("lost")
    stop.pull("cancelled")
    assert stop.reason == "lost"


async def test_closing_the_generator_closes_the_socket(fake: FakeProvider) -> None:
    fake.scripts.push(HANGING)
    stream = drive(job(fake))
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    await stream.aclose()
    await closed_by_client(fake)
