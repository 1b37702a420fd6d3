"""Plain HTTP from the event loop into the WSGI application's threads, one hop each.

The body is read here, on the loop, bounded in size and time: a thread that waited for a slow client's next byte would
be one of a few, and a handful of such clients would be all of them.
"""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.conf import settings

from config.access import log_call, method_of
from config.wsgi import application as wsgi_application
from requests_app.context import http_request_id
from requests_app.problems import MEDIA_TYPE, PROBLEMS, problem

BODY_SECONDS = 20.0
# Parts of an answer that a client has yet to take; behind them its thread waits. Every page and static file is shorter.
PARTS_HELD = 512

_wsgi: Any = WSGIMiddleware(
    cast(Any, wsgi_application), workers=settings.LINTEL_WEB_THREADS, send_queue_size=PARTS_HELD
)


class _Gone(Exception):
    """The client went away before its body was whole."""


class _TooLarge(Exception):
    pass


async def plain_http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one plain request."""
    since = monotonic()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _whole_body(receive)
    except _Gone:
        return
    except _TooLarge:
        await _refuse(scope, send, since, "too_large", "The body is larger than this server reads.")
    except TimeoutError:
        await _refuse(scope, send, since, "too_slow", f"The body did not come within {BODY_SECONDS:g} seconds.")
    else:
        await _wsgi(_measured(scope, len(body)), _replay(body, receive), send)


async def alive(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """/livez: answered by the loop itself, whatever the threads and their database are waiting for."""
    await _answer(send, 200, b"application/json", {"ok": True})


async def _whole_body(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        # Django's own limit counts neither files nor what is over it by a little: this is the last resort.
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 64 * 1024:
            raise _TooLarge
        if not message.get("more_body"):
            return bytes(body)


def _measured(scope: dict[str, Any], length: int) -> dict[str, Any]:
    """The scope with a Content-Length: WSGI takes a chunked body for an empty one."""
    headers = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
    if length:
        headers.append((b"content-length", str(length).encode()))
    return {**scope, "headers": headers}


def _replay(body: bytes, receive: Any) -> Any:
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def replayed() -> Any:
        return next(messages, None) or await receive()

    return replayed


async def _refuse(scope: dict[str, Any], send: Any, since: float, code: str, detail: str) -> None:
    status = PROBLEMS[code][0]
    await _answer(send, status, MEDIA_TYPE.encode(), problem(code, detail, request_id=http_request_id()))
    log_call(method=method_of(scope["method"]), route="", status=status, since=since)


async def _answer(send: Any, status: int, kind: bytes, body: dict[str, Any]) -> None:
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
