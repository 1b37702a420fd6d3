"""Redis away, silent, full or emptied: work and limits go on without it, and all find it again by themselves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from config.celery import app
from config.local.child import Child
from requests_app.live import GROUP, LiveChunk, chunk_message
from requests_app.wake import QUEUE, SWEEP_TASK, TASK
from tests.process.apart import (
    LIMITS,
    PACE,
    apart,
    ask,
    books_balance,
    broker,
    cancelled,
    limit_to,
    received,
    schedules_every_second,
    signed_in,
)
from tests.process.client import Reading, fetch, read, reading_until, submit
from tests.process.stack import Person, Stack, directive, wait_for

pytestmark = pytest.mark.timeout(600)
LONG = "Der schnelle 🦊 springt über den faulen 🐶. " * 6
KINDS = ("away", "silent", "full", "emptied")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything that talks to Redis, by its process."""

    stack: Stack
    worker: Child
    jobs: Child
    beat: Child


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    with apart(stack, **LIMITS), schedules_every_second(stack):
        worker = stack.start_worker()
        jobs, beat = stack.start_jobs_and_beat()
        wait_for(lambda: received(jobs, SWEEP_TASK) > 2, what="beat's sweeps")
        yield Site(stack=stack, worker=worker, jobs=jobs, beat=beat)


def lose(stack: Stack, kind: str) -> Callable[[], object]:
    """Begin an outage; returns what ends it."""
    valkey = stack.services.valkey
    if kind == "emptied":
        valkey.flush()
        return lambda: None
    if kind == "full":
        broker(stack).config_set("maxmemory", 1)
        return lambda: broker(stack).config_set("maxmemory", 0)
    begin, end = (valkey.stop, valkey.start) if kind == "away" else (valkey.pause, valkey.resume)
    begin()
    return end


@pytest.mark.parametrize("kind", KINDS)
def test_everything_goes_on_without_redis_and_finds_it_again(site: Site, kind: str) -> None:
    stack = site.stack
    reader, spender, sender = stack.person(), stack.person(), stack.person()
    browser = signed_in(stack, reader)
    limit_to(stack, spender, 2)
    running = submit(stack, reader, directive(text=LONG, chunk_chars=4, chunk_delay_s=0.1))
    stopped = submit(stack, reader, directive(text=LONG, chunk_chars=4, ending="hang"))
    reading = reading_until(stack, reader, running, 8)
    reading_until(stack, reader, stopped, 8)
    end = lose(stack, kind)
    try:
        assert read(stack, reader, running, reading).text == LONG
        assert cancelled(stack, reader, stopped) == "cancelled"
        spending = [ask(stack, spender, text="Fine.", ending="hang") for _each in range(3)]
        assert [answer.status_code for answer in spending] == [202, 202, 402]
        sent = [ask(stack, sender, text="Fine.") for _each in range(PACE + 1)]
        assert [answer.status_code for answer in sent] == [202] * PACE + [429]
        for answer in sent[:PACE]:
            assert read(stack, sender, answer.json()["id"]).text == "Fine."
        for answer in spending[:2]:
            assert cancelled(stack, spender, answer.json()["id"]) == "cancelled"
        assert [browser.get(path).status_code for path in ("/", "/history", f"/requests/{running}")] == [200] * 3
        assert signed_in(stack, sender).get("/account").status_code == 200
        assert [browser.get(path).status_code for path in ("/livez", "/readyz")] == [200, 200]
        assert browser.get("/healthz").json()["broker"]["ok"] is (kind in {"full", "emptied"})
    finally:
        end()
    for person in (reader, spender, sender):
        wait_for(lambda person=person: books_balance(stack, person), what="closed holds")  # type: ignore[misc]
    everything_is_back(site)


def everything_is_back(site: Site) -> None:
    """The same processes hear of new work, of text and of schedules through Redis again."""
    stack, person = site.stack, site.stack.person()
    heard, swept = received(site.worker), received(site.jobs, SWEEP_TASK)
    request_id = submit(stack, person, directive(text="Fine."))
    wait_for(lambda: received(site.worker) > heard, what="a wake-up")
    assert read(stack, person, request_id).text == "Fine."
    wait_for(lambda: received(site.jobs, SWEEP_TASK) > swept + 2, what="beat's sweeps")
    hears_live_text(stack, person)
    assert [child.exit_code() for child in (site.worker, site.jobs, site.beat, stack.web)] == [None] * 4


def hears_live_text(stack: Stack, person: Person) -> None:
    """A reader is shown what came through Redis alone: text that no log has."""
    request_id = submit(stack, person, directive(text="told", chunk_chars=4, ending="hang"))
    reading = Reading()
    reader = threading.Thread(target=read, args=(stack, person, request_id, reading))
    reader.start()
    wait_for(lambda: reading.text == "told", what="text from the log")
    unlogged = LiveChunk(request_id=UUID(request_id), attempt=1, start=4, text=" live")
    layer: Any = get_channel_layer()
    send = async_to_sync(layer.group_send)
    wait_for(lambda: send(GROUP, chunk_message([unlogged])) or reading.text == "told live", what="live text")
    cancelled(stack, person, request_id)
    reader.join()


def queued(stack: Stack, task: str, queue: str) -> bool:
    app.send_task(task, queue=queue)
    return int(broker(stack).llen(queue)) > 0


def test_full_redis_ends_no_process_that_was_about_to_take_a_message(site: Site) -> None:
    """A message is noted in Redis before it is worked off, which one that is full refuses."""
    stack, person = site.stack, site.stack.person()
    running = submit(stack, person, directive(text=LONG, chunk_chars=4, chunk_delay_s=0.1))
    reading_until(stack, person, running, 4)
    for child in (site.worker, site.jobs):
        child.tell_all(signal.SIGSTOP)
    waiting = submit(stack, person, directive(text="Fine."))
    for task, queue in ((TASK, QUEUE), (SWEEP_TASK, "jobs")):  # a frozen process is still given one
        wait_for(lambda task=task, queue=queue: queued(stack, task, queue), what=f"a message in {queue}")  # type: ignore[misc]
    end = lose(stack, "full")
    try:
        for child in (site.worker, site.jobs):
            child.tell_all(signal.SIGCONT)
            wait_for(lambda child=child: "OutOfMemoryError" in child.said(), what="a refusal")  # type: ignore[misc]
        assert read(stack, person, waiting).text == "Fine."
        assert read(stack, person, running).text == LONG
    finally:
        end()
    assert fetch(stack, person, running)["attempt"] == 1
    everything_is_back(site)
