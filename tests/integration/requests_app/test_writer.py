from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from django.db import connection, transaction

from accounts.models import User
from requests_app.database import DatabaseThreads
from requests_app.intake import accept
from requests_app.live import LiveChunk
from requests_app.models import AIRequest, StreamChunk
from requests_app.sweep import take_back
from requests_app.writer import ChunkWriter, insert_chunks
from tests.integration.requests_app.conftest import SUMMARY, claim_next, new_lease, opened
from tests.services import SERVICES

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def threads() -> Iterator[DatabaseThreads]:
    threads = DatabaseThreads(2, "tests")
    yield threads
    threads.close()


def running_requests(count: int) -> list[AIRequest]:
    user = User.objects.create_user("writer")
    lease = new_lease()
    for _each in range(count):
        accept(user, SUMMARY)
    claims = [claim for _each in range(count) if (claim := claim_next(lease.pk))]
    for claim in claims:
        opened(claim, attempt=claim.attempt)
    return [claim.request for claim in claims]


def stored(request: AIRequest) -> str:
    rows = StreamChunk.objects.filter(request_id=request.pk).order_by("start").values_list("start", "text")
    text = ""
    for start, piece in rows:
        assert start == len(text), "a gap or a repeat"
        text += piece
    return text


async def write(threads: DatabaseThreads, requests: list[AIRequest], words: int) -> tuple[list[LiveChunk], list[int]]:
    """Each request gets the same words, interleaved; returns what was published and who lost its fence."""
    published: list[LiveChunk] = []
    lost: list[int] = []
    writer = ChunkWriter(threads, published.extend, 0.02)
    task = asyncio.create_task(writer.run())
    streams = [
        writer.open(request.pk, 1, on_lost=lambda number=number: lost.append(number))  # type: ignore[misc]
        for number, request in enumerate(requests)
    ]
    for word in range(words):
        for stream in streams:
            writer.append(stream, f"{word}é👍 ")
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.2)
    for stream in streams:
        await writer.withdraw(stream)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return published, lost


def test_many_streams_are_written_without_gap_or_repeat(threads: DatabaseThreads) -> None:
    requests = running_requests(20)
    published, lost = asyncio.run(write(threads, requests, words=30))
    whole = "".join(f"{word}é👍 " for word in range(30))
    assert [stored(request) for request in requests] == [whole] * 20
    assert lost == []
    for request in requests:
        assert "".join(chunk.text for chunk in published if chunk.request_id == request.pk) == whole


def test_text_of_many_streams_shares_statements(threads: DatabaseThreads) -> None:
    requests = running_requests(20)
    asyncio.run(write(threads, requests, words=30))
    rows = StreamChunk.objects.filter(request_id=requests[0].pk).count()
    assert rows < 30, "words that came within one pause are one row"


def test_lost_fence_stops_one_stream_and_no_other(threads: DatabaseThreads) -> None:
    kept, taken = running_requests(2)
    AIRequest.objects.filter(pk=taken.pk).update(attempt=2)
    published, lost = asyncio.run(write(threads, [kept, taken], words=5))
    assert set(lost) == {1}
    assert stored(taken) == ""
    assert {chunk.request_id for chunk in published} == {kept.pk}
    assert stored(kept)


def test_first_text_sets_the_time_of_the_first_token(threads: DatabaseThreads) -> None:
    [request] = running_requests(1)
    asyncio.run(write(threads, [request], words=1))
    request.refresh_from_db()
    assert request.started is not None
    assert request.first_token is not None
    assert request.first_token > request.started


def test_nothing_is_written_after_withdrawal(threads: DatabaseThreads) -> None:
    [request] = running_requests(1)

    async def race() -> None:
        writer = ChunkWriter(threads, lambda _chunks: None, 0.02)
        task = asyncio.create_task(writer.run())
        stream = writer.open(request.pk, 1, on_lost=lambda: None)
        writer.append(stream, "in time")
        await asyncio.sleep(0.1)
        await writer.withdraw(stream)
        writer.append(stream, "too late")
        await asyncio.sleep(0.1)
        task.cancel()

    asyncio.run(race())
    assert stored(request) == "in time"


def test_withdrawal_waits_for_a_write_under_way(threads: DatabaseThreads) -> None:
    [request] = running_requests(1)

    async def race() -> None:
        writer = ChunkWriter(threads, lambda _chunks: None, 0.02)
        task = asyncio.create_task(writer.run())
        stream = writer.open(request.pk, 1, on_lost=lambda: None)
        with nobody_writes():
            writer.append(stream, "on its way")
            await asyncio.sleep(0.1)
            withdrawal = asyncio.create_task(writer.withdraw(stream))
            await asyncio.sleep(0.1)
            assert not withdrawal.done()
        await withdrawal
        task.cancel()

    asyncio.run(race())
    assert stored(request) == "on its way"


@contextmanager
def nobody_writes() -> Iterator[None]:
    """Whoever inserts into the chunk log waits for the end of this."""
    with psycopg.connect(SERVICES.superuser_url, dbname=connection.settings_dict["NAME"]) as locking:
        locking.execute("LOCK TABLE requests_app_streamchunk IN EXCLUSIVE MODE")
        yield


def test_text_waits_for_whoever_is_taking_its_request() -> None:
    """What a sweep has not read, and so does not keep, is written and shown by nobody."""
    accept(User.objects.create_user("dora"), SUMMARY)
    claim = claim_next(new_lease().pk)
    assert claim is not None
    opened(claim, attempt=claim.attempt)
    late = LiveChunk(request_id=claim.request.pk, attempt=claim.attempt, start=0, text="late")
    held: list[object] = []
    writer = threading.Thread(target=insert_late, args=(late, held))
    with transaction.atomic():
        request = AIRequest.objects.select_for_update(of=("self",)).get(pk=claim.request.pk)
        writer.start()
        wait_for_a_lock()
        take_back(request)
    writer.join()
    assert held == [set()]
    assert not StreamChunk.objects.exists()


def insert_late(chunk: LiveChunk, held: list[object]) -> None:
    try:
        held.append(insert_chunks([chunk]))
    finally:
        connection.close()


def wait_for_a_lock() -> None:
    end = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waited")
