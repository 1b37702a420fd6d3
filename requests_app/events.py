"""The stream as server-sent events: /api/v1/requests/{id}/events (WHATWG HTML, section 9.2).

A bare ASGI application: a Channels consumer reads the client's disconnect only between its own messages, and this one
must notice it while it streams.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError

from requests_app.callers import headers_of
from requests_app.errors import PositionInvalid
from requests_app.stream import Event
from requests_app.watch import NotFound, NotSignedIn, Watch, first_of, position_asked

PING_S = 15.0

STATUSES: dict[type[Exception], tuple[HTTPStatus, str]] = {
    PositionInvalid: (HTTPStatus.BAD_REQUEST, "position_invalid"),
    NotSignedIn: (HTTPStatus.UNAUTHORIZED, "not_authenticated"),
    NotFound: (HTTPStatus.NOT_FOUND, "not_found"),
    OperationalError: (HTTPStatus.SERVICE_UNAVAILABLE, "database_unavailable"),
    InterfaceError: (HTTPStatus.SERVICE_UNAVAILABLE, "database_unavailable"),
}


async def request_events(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one GET; ends with the stream, the client, or the caller's right to it."""
    response = _EventStream(send)
    if scope["method"] != "GET":
        await response.refuse(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed")
        return
    headers = headers_of(scope)
    watch = Watch(scope["url_route"]["kwargs"]["request_id"], headers, socket=False)
    try:
        await watch.check()
        after = position_asked(scope["query_string"], headers)
        await first_of(watch.deliver(after, response.event), response.ping(), _disconnected(receive))
    except tuple(STATUSES) as problem:
        if not response.started:
            await response.refuse(*STATUSES[type(problem)])
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
        data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        await self._write(f"id: {event['position']}\nevent: {event['type']}\ndata: {data}\n\n")

    async def ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            await self._write(": ping\n\n")

    async def finish(self) -> None:
        if self.started:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def refuse(self, status: HTTPStatus, code: str) -> None:
        problem = {"type": "about:blank", "title": status.phrase, "status": int(status), "code": code}
        headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", b"1"))
        if status == HTTPStatus.UNAUTHORIZED:
            headers.append((b"www-authenticate", b"Bearer"))
        await self._send({"type": "http.response.start", "status": int(status), "headers": headers})
        await self._send({"type": "http.response.body", "body": json.dumps(problem).encode()})

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
