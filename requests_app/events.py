"""The stream as server-sent events: /api/v1/requests/{id}/events (WHATWG HTML, section 9.2).

A bare ASGI application: a Channels consumer reads the client's disconnect only between its own messages, and this one
must notice it while it streams.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from django.db import InterfaceError, OperationalError

from requests_app.callers import headers_of
from requests_app.context import http_request_id
from requests_app.errors import PositionInvalid
from requests_app.problems import MEDIA_TYPE, PROBLEMS, RETRY_AFTER_OUTAGE_S, problem
from requests_app.stream import PING, PING_S, Event, worded
from requests_app.watch import NotFound, NotSignedIn, Watch, first_of, position_asked

# What ends a stream before it began: the code of its problem, and what to say.
REFUSALS: dict[type[Exception], tuple[str, str]] = {
    PositionInvalid: ("position_invalid", "The stream has not come as far as this position, or it is none."),
    NotSignedIn: ("not_authenticated", "Log in, or send a bearer token."),
    NotFound: ("not_found", "There is no such request."),
    OperationalError: ("unavailable", "The database cannot be reached; try again soon."),
    InterfaceError: ("unavailable", "The database cannot be reached; try again soon."),
}
HEADERS: dict[str, tuple[bytes, bytes]] = {
    "not_authenticated": (b"www-authenticate", b"Bearer"),
    "method_not_allowed": (b"allow", b"GET"),
    "unavailable": (b"retry-after", str(RETRY_AFTER_OUTAGE_S).encode()),
}


async def request_events(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one GET; ends with the stream, the client, or the caller's right to it."""
    response = _EventStream(send)
    if scope["method"] != "GET":
        await response.refuse("method_not_allowed", "A stream is read with GET.")
        return
    headers = headers_of(scope)
    watch = Watch(scope["url_route"]["kwargs"]["request_id"], headers, socket=False)
    try:
        await watch.check()
        after = position_asked(scope["query_string"], headers)
        await first_of(watch.deliver(after, response.event), response.ping(), _disconnected(receive))
    except tuple(REFUSALS) as refused:
        if not response.started:
            await response.refuse(*next(words for kind, words in REFUSALS.items() if isinstance(refused, kind)))
            return
    await response.finish()


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _EventStream:
    """The response; its head goes out with the first event, so that a refusal still has its status."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self.started = False

    async def event(self, event: Event) -> None:
        await self._write(worded(event))

    async def ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            await self._write(PING)

    async def finish(self) -> None:
        if self.started:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def refuse(self, code: str, detail: str) -> None:
        request_id = http_request_id()
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"cache-control", b"no-store"),
            (b"x-request-id", request_id.encode()),
            *([HEADERS[code]] if code in HEADERS else []),
        ]
        body = json.dumps(problem(code, detail, request_id=request_id)).encode()
        await self._send({"type": "http.response.start", "status": PROBLEMS[code][0], "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def _write(self, text: str) -> None:
        if not self.started:
            self.started = True
            headers = [
                (b"content-type", b"text/event-stream; charset=utf-8"),
                (b"cache-control", b"no-store"),
                (b"x-accel-buffering", b"no"),
                (b"x-content-type-options", b"nosniff"),
            ]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": text.encode(), "more_body": True})
