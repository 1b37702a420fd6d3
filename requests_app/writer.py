"""The chunk log's writer: the text of all streams of a process, many rows in one fenced statement.

A batch that may or may not have been committed is sent again unchanged, so that a repeat can neither tear nor double
text. Text is published live only after its commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from requests_app.database import DatabaseThreads
from requests_app.live import LiveChunk

logger = logging.getLogger(__name__)

# A new stream's first text does not wait for the rhythm of the others, but batches stay batches.
SHORTEST_PAUSE_S = 0.01
RETRY_PAUSE_S = 0.2

# Locked, for a sweep that takes a request keeps the text that it reads: what it does not see must not be shown either.
INSERT = """
WITH fresh AS (
    SELECT * FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::text[]) AS row (request_id, attempt, start, text)
), held AS (
    SELECT fresh.* FROM fresh JOIN requests_app_airequest AS request
    ON request.id = fresh.request_id AND request.attempt = fresh.attempt AND request.status = 'processing'
    ORDER BY request.id FOR KEY SHARE OF request
), logged AS (
    INSERT INTO requests_app_streamchunk (request_id, attempt, start, text)
    SELECT request_id, attempt, start, text FROM held ON CONFLICT DO NOTHING
), timed AS (
    UPDATE requests_app_airequest SET first_token = clock_timestamp()
    WHERE id IN (SELECT request_id FROM held WHERE start = 0) AND first_token IS NULL
)
SELECT request_id, attempt FROM held
"""


@dataclass(slots=True, eq=False)
class Stream:
    """The text of one attempt on its way to the log. ``on_lost`` is called once where the fence is gone.

    What is not ``shown`` is logged and not published: a person has to judge it first.
    """

    request_id: UUID
    attempt: int
    on_lost: Callable[[], None]
    shown: bool = True
    length: int = 0
    waiting: list[str] = field(default_factory=list)
    closed: bool = False

    def take(self) -> LiveChunk | None:
        """Everything that waits, as one chunk."""
        text = "".join(self.waiting)
        self.waiting.clear()
        if not text or self.closed:
            return None
        start, self.length = self.length, self.length + len(text)
        return LiveChunk(request_id=self.request_id, attempt=self.attempt, start=start, text=text)


def insert_chunks(chunks: list[LiveChunk]) -> set[tuple[UUID, int]]:
    """Write chunks whose attempt still runs; returns the (request, attempt) pairs that hold their fence."""
    rows = (
        [c.request_id for c in chunks],
        [c.attempt for c in chunks],
        [c.start for c in chunks],
        [c.text for c in chunks],
    )
    with connection.cursor() as cursor:
        cursor.execute(INSERT, rows)
        return set(cursor.fetchall())


class ChunkWriter:
    """Runs on the worker's loop. ``append`` never waits; a flush follows within ``pause_s``."""

    def __init__(self, database: DatabaseThreads, publish: Callable[[list[LiveChunk]], None], pause_s: float) -> None:
        self._database = database
        self._publish = publish
        self._pause_s = pause_s
        self._dirty: dict[Stream, None] = {}
        self._work = asyncio.Event()
        self._hurry = asyncio.Event()
        self._flushing = asyncio.Lock()

    def open(self, request_id: UUID, attempt: int, on_lost: Callable[[], None], *, shown: bool = True) -> Stream:
        return Stream(request_id=request_id, attempt=attempt, on_lost=on_lost, shown=shown)

    def append(self, stream: Stream, text: str) -> None:
        stream.waiting.append(text)
        self._dirty[stream] = None
        self._work.set()
        if stream.length == 0:
            self._hurry.set()

    async def withdraw(self, stream: Stream) -> None:
        """Take a stream out before its end is committed: nothing of it is written after this returns."""
        stream.closed = True
        self._dirty.pop(stream, None)
        async with self._flushing:
            pass

    async def run(self) -> None:
        """Flush for ever, ``pause_s`` apart; cancel to stop."""
        while True:
            await self._work.wait()
            self._work.clear()
            self._hurry.clear()
            async with self._flushing:
                await self._flush()
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(min(SHORTEST_PAUSE_S, self._pause_s))
        try:
            async with asyncio.timeout(max(self._pause_s - SHORTEST_PAUSE_S, 0)):
                await self._hurry.wait()
        except TimeoutError:
            pass

    async def _flush(self) -> None:
        streams = {(stream.request_id, stream.attempt): stream for stream in self._dirty}
        self._dirty.clear()
        chunks = [chunk for stream in streams.values() if (chunk := stream.take()) is not None]
        if not chunks:
            return
        held = await self._insert(chunks)
        shown = [chunk for chunk in chunks if streams[chunk.request_id, chunk.attempt].shown]
        self._publish([chunk for chunk in shown if (chunk.request_id, chunk.attempt) in held])
        for chunk in chunks:
            if (chunk.request_id, chunk.attempt) not in held:
                streams[chunk.request_id, chunk.attempt].on_lost()

    async def _insert(self, chunks: list[LiveChunk]) -> set[tuple[UUID, int]]:
        while True:
            try:
                return await self._database.run(insert_chunks, chunks)
            except (OperationalError, InterfaceError) as problem:
                logger.warning("the chunk log waits for the database (%s)", type(problem).__name__)
                await asyncio.sleep(RETRY_PAUSE_S)
            except DatabaseError:
                if len(chunks) == 1:
                    logger.exception("one stream's text cannot be written; the stream is given up")
                    return set()
                return {pair for chunk in chunks for pair in await self._insert([chunk])}
