"""One caller's watch over one request, whatever it travels on: permission first, then the events of the stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from requests_app.callers import Headers, user_of
from requests_app.models import AIRequest
from requests_app.stream import Event, Position, follow, reader_threads

RECHECK_S = 4.0


class NotSignedIn(Exception):
    """No credentials, or none that hold any more."""


class NotFound(Exception):
    """No such request, or another owner's: nobody can tell which."""


class Watch:
    """One caller's right to one request, asked again every few seconds while its stream is open."""

    def __init__(self, request_id: UUID, headers: Headers, *, socket: bool) -> None:
        self._request_id = request_id
        self._headers = headers
        self._socket = socket

    async def check(self) -> None:
        """Raises NotSignedIn or NotFound."""
        await reader_threads(self._check)

    async def deliver(self, after: Position | None, send: Callable[[Event], Awaitable[None]]) -> None:
        """Send every event to the end of the stream; raises NotSignedIn, NotFound, PositionInvalid."""
        await first_of(self._pump(after, send), self._guard())

    async def _pump(self, after: Position | None, send: Callable[[Event], Awaitable[None]]) -> None:
        async with aclosing(follow(self._request_id, after)) as events:
            async for event in events:
                await send(event)

    async def _guard(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            await self.check()

    def _check(self) -> None:
        user = user_of(self._headers, socket=self._socket)
        if user is None:
            raise NotSignedIn
        if not AIRequest.objects.owned_by(user).filter(pk=self._request_id).exists():
            raise NotFound


async def first_of(*jobs: Coroutine[Any, Any, None]) -> None:
    """Run all; when the first ends, cancel the others and raise what it raised."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def position_asked(query_string: bytes, headers: Headers) -> Position | None:
    """``?after=`` or ``Last-Event-ID``; raises PositionInvalid."""
    asked = parse_qs(query_string.decode("latin-1"), keep_blank_values=True).get("after")
    text = asked[-1] if asked else headers.get("last-event-id")
    return None if text is None else Position.parse(text)
