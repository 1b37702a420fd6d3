"""Reading a request's text: positions, the chunk log, and following it live.

A reader subscribes first, then reads the log, then drops or slices what it has. A gap, an overflow or a silence sends
it back to the log; live messages save it the way, and nothing rests on them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import StreamingHttpResponse

from requests_app.database import DatabaseThreads
from requests_app.errors import PositionInvalid
from requests_app.hub import Mailbox, hub
from requests_app.models import FINAL, AIRequest, Status, StreamChunk
from requests_app.money import usd

logger = logging.getLogger(__name__)

EVENT_VERSION = 1
SILENCE_S = 1.0
REREAD_S = 5.0
PING_S = 15.0
PING = ": ping\n\n"
# Code points in an event. JSON makes at most six bytes of one, and many clients take no message of a megabyte.
LONGEST_CHUNK = 40_000
LARGEST_NUMBER = 2**31 - 1
USAGE = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
SHOWN = (
    "status",
    "gated",
    "attempt",
    "attempt_reason",
    "model",
    "result",
    "partial",
    "error_code",
    "cost_usd",
    "usage_estimated",
)

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """``attempt:offset``, the offset in Unicode code points of that attempt's text. Opaque to clients."""

    attempt: int
    offset: int

    def __str__(self) -> str:
        return f"{self.attempt}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Raises PositionInvalid."""
        attempt, _colon, offset = text.partition(":")
        if not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in (attempt, offset)):
            raise PositionInvalid("A stream position is two numbers with a colon between them.")
        position = cls(int(attempt), int(offset))
        if max(position.attempt, position.offset) > LARGEST_NUMBER:
            raise PositionInvalid("No stream is as long as this position.")
        return position


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A request as a reader sees it, with the text of its current attempt from ``start`` to ``reached``."""

    status: str
    attempt: int
    reason: str
    model: str
    start: int
    text: str
    reached: int
    usage: Event | None
    cost_usd: Decimal | None
    error_code: str

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def end(self) -> Position:
        return Position(self.attempt, self.reached)


def snapshot(request_id: UUID, after: Position) -> Snapshot:
    """Row and log of one moment: what ends or begins anew between the reads is read again."""
    while True:
        request = AIRequest.objects.only(*SHOWN, *USAGE).get(pk=request_id)
        start = after.offset if after.attempt == request.attempt else 0
        text, reached = _kept(request, start) if request.final else _logged(request, start)
        same = AIRequest.objects.filter(pk=request_id, status=request.status, attempt=request.attempt)
        if request.final or same.exists():
            break
    return Snapshot(
        status=request.status,
        attempt=request.attempt,
        reason=request.attempt_reason,
        model=request.model,
        start=start,
        text=text,
        reached=reached,
        usage=usage_of(request),
        cost_usd=request.cost_usd,
        error_code=request.error_code,
    )


def usage_of(request: AIRequest) -> Event | None:
    """Tokens of all calls so far; None until the first is closed."""
    if request.output_tokens is None:
        return None
    return {**{name: getattr(request, name) for name in USAGE}, "estimated": request.usage_estimated}


def _kept(request: AIRequest, start: int) -> tuple[str, int]:
    return request.text[start:], len(request.text)


def _logged(request: AIRequest, start: int) -> tuple[str, int]:
    """The log's text from a position on, as far as it runs without a gap, and its end; of a gated one nothing."""
    if request.gated:
        return "", 0
    rows = StreamChunk.objects.filter(request_id=request.pk, attempt=request.attempt).order_by("start")
    first = rows.filter(start__lte=start).order_by("-start").values_list("start", flat=True).first()
    if first is None:
        return "", 0
    parts: list[str] = []
    reached = first
    for chunk_start, text in rows.filter(start__gte=first).values_list("start", "text"):
        if chunk_start != reached:
            break
        parts.append(text)
        reached += len(text)
    return "".join(parts)[start - first :], reached


_readers = DatabaseThreads(settings.LINTEL_READER_THREADS, "readers")
reader_threads = _readers.run


async def follow(request_id: UUID, after: Position | None = None) -> AsyncGenerator[Event, None]:
    """The events of protocol.md, from ``after`` (None: from the start of the current attempt) to ``end``.

    Raises PositionInvalid for a position that this request has not reached.
    """
    with hub().mailbox(request_id) as mailbox:
        reader = _Reader(request_id, after)
        for event in await reader.look(first=True):
            yield event
        while not reader.ended:
            for event in await reader.next_events(mailbox):
                yield event


class _Reader:
    """One reader's place in one request's text."""

    def __init__(self, request_id: UUID, after: Position | None) -> None:
        self._request_id = request_id
        self._at = after or Position(0, 0)
        self._shown: tuple[str, int, str] | None = None
        self._status: str = Status.PENDING
        self._read_at = 0.0
        self.ended = False

    async def next_events(self, mailbox: Mailbox) -> list[Event]:
        """Wait for live text, a change, or the moment to look for oneself."""
        await mailbox.wait(self._patience())
        chunks, look = mailbox.empty()
        events: list[Event] = []
        for chunk in chunks:
            if chunk.attempt != self._at.attempt or chunk.start > self._at.offset:
                look = look or chunk.attempt >= self._at.attempt
                continue
            text = chunk.text[self._at.offset - chunk.start :]
            events += self._chunks(text)
        if look or not chunks or self._patience() <= 0:
            events += await self.look()
        return events

    async def look(self, *, first: bool = False) -> list[Event]:
        """Read row and log, and say what is new. A database that is away is waited for."""
        seen = await self._read(first=first)
        self._read_at = asyncio.get_running_loop().time()
        if first:
            self._check(seen)
        events = self._turn_to(seen)
        state = (seen.status, seen.attempt, seen.model)
        if state != self._shown and not seen.final:
            events.append(self._status_event(seen))
        self._shown, self._status = state, seen.status
        events += self._chunks(seen.text)
        if seen.final:
            self.ended = True
            events.append(self._end(seen))
        return events

    async def _read(self, *, first: bool) -> Snapshot:
        while True:
            try:
                return await reader_threads(snapshot, self._request_id, self._at)
            except (OperationalError, InterfaceError) as problem:
                if first:
                    raise
                logger.warning("a reader waits for the database (%s)", type(problem).__name__)
                await asyncio.sleep(SILENCE_S)

    def _patience(self) -> float:
        now = asyncio.get_running_loop().time()
        until_reread = self._read_at + REREAD_S - now
        return min(SILENCE_S, until_reread) if self._status == Status.PROCESSING else until_reread

    def _check(self, seen: Snapshot) -> None:
        """A reader's own claim to have read more than there is."""
        ahead = self._at > seen.end
        if ahead:
            raise PositionInvalid("The stream has not come as far as this position.")

    def _turn_to(self, seen: Snapshot) -> list[Event]:
        """Move on to the current attempt; earlier text is to be forgotten where some was shown."""
        if self._at.attempt == seen.attempt:
            return []
        had_text = self._at.offset > 0
        self._at = Position(seen.attempt, 0)
        return [self._event("reset", attempt=seen.attempt, reason=seen.reason)] if had_text else []

    def _chunks(self, text: str) -> Iterator[Event]:
        for begin in range(0, len(text), LONGEST_CHUNK):
            piece, start = text[begin : begin + LONGEST_CHUNK], self._at
            self._at = Position(start.attempt, start.offset + len(piece))
            yield self._event("chunk", start=str(start), text=piece)

    def _status_event(self, seen: Snapshot) -> Event:
        return self._event("status", status=seen.status, attempt=seen.attempt, model=seen.model)

    def _end(self, seen: Snapshot) -> Event:
        more = {"error_code": seen.error_code} if seen.error_code else {}
        return self._event("end", status=seen.status, usage=seen.usage, cost_usd=usd(seen.cost_usd), **more)

    def _event(self, kind: str, **fields: Any) -> Event:
        return {"type": kind, "v": EVENT_VERSION, "position": str(self._at), **fields}


def worded(event: Event) -> str:
    """As a server-sent event."""
    data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event['position']}\nevent: {event['type']}\ndata: {data}\n\n"


def response(request_id: UUID) -> StreamingHttpResponse:
    """For a view that has looked the request up by its owner: its log, followed to the end.

    It keeps one of the web server's threads as long as the stream lasts; ``/api/v1/requests/{id}/events`` keeps none.
    """
    streamed = StreamingHttpResponse(_in_steps(_words(request_id)), content_type="text/event-stream; charset=utf-8")
    streamed["Cache-Control"] = "no-store"
    streamed["X-Accel-Buffering"] = "no"
    return streamed


async def _words(request_id: UUID) -> AsyncGenerator[str, None]:
    """With a ping in each silence, by which a client that is gone is noticed."""
    async with aclosing(follow(request_id)) as events:
        coming: asyncio.Future[Event | None] | None = None
        while True:
            coming = coming or asyncio.ensure_future(anext(events, None))
            done, _pending = await asyncio.wait({coming}, timeout=PING_S)
            if not done:
                yield PING
                continue
            event, coming = coming.result(), None
            if event is None:
                return
            yield worded(event)


def _in_steps(words: AsyncGenerator[str, None]) -> Iterator[str]:
    """On a loop of its own, which turns while the next word is awaited."""
    loop = asyncio.new_event_loop()
    try:
        while (word := loop.run_until_complete(_next(words))) is not None:
            yield word
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(_ended(words, asyncio.all_tasks(loop)))
        loop.close()


async def _next(words: AsyncGenerator[str, None]) -> str | None:
    return await anext(words, None)


async def _ended(words: AsyncGenerator[str, None], tasks: set[asyncio.Task[object]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
    await words.aclose()
