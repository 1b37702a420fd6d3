"""Plain HTTP from the event loop into the WSGI application's threads, one hop each.

The body is read here, on the loop, bounded in size and time: a thread that waited for a slow client's next byte would
be one of a few, and a handful of such clients would be all of them.
"""

from __future__ import annotations

import asyncio
import json
import re
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, Any, cast

from a2wsgi import WSGIMiddleware
from django.conf import settings

from config.access import log_call, method_of
from config.wsgi import application as wsgi_application
from requests_app.context import http_request_id
from requests_app.problems import MEDIA_TYPE, PROBLEMS, problem

BODY_SECONDS = 20.0
# Files are larger, and come over slow lines; what is beyond a little waits on disk for its thread.
UPLOAD_SECONDS = 120.0
UPLOADS = re.compile(r"/(api/v1/)?documents(/|$)")
IN_MEMORY = 1024 * 1024
STEP = 256 * 1024
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
    since, uploads = monotonic(), _uploads(scope)
    seconds = UPLOAD_SECONDS if uploads else BODY_SECONDS
    with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
        try:
            async with asyncio.timeout(seconds):
                await _whole_body(receive, body, _most(uploads=uploads))
        except _Gone:
            return
        except _TooLarge:
            await _refuse(scope, send, since, "too_large", "The body is larger than this server reads.")
        except TimeoutError:
            await _refuse(scope, send, since, "too_slow", f"The body did not come within {seconds:g} seconds.")
        else:
            length = body.tell()
            body.seek(0)
            await _wsgi(_measured(scope, length), _replay(body, receive), send)


def _uploads(scope: dict[str, Any]) -> bool:
    """Whether it is addressed to those who take files."""
    return scope["method"] == "POST" and UPLOADS.match(scope["path"]) is not None


def _most(*, uploads: bool) -> int:
    # Django's own limit counts neither files nor what is over it by a little: this is the last resort.
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 64 * 1024 + uploads * settings.LINTEL_DOCUMENT_BYTES


async def alive(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """/livez: answered by the loop itself, whatever the threads and their database are waiting for."""
    await _answer(send, 200, b"application/json", {"ok": True})


async def _whole_body(receive: Any, body: IO[bytes], most: int) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body.write(message.get("body", b""))
        if body.tell() > most:
            raise _TooLarge
        if not message.get("more_body"):
            return


def _measured(scope: dict[str, Any], length: int) -> dict[str, Any]:
    """The scope with a Content-Length: WSGI takes a chunked body for an empty one."""
    headers = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
    if length:
        headers.append((b"content-length", str(length).encode()))
    return {**scope, "headers": headers}


def _replay(body: IO[bytes], receive: Any) -> Any:
    ended = False

    async def replayed() -> Any:
        nonlocal ended
        if ended:
            return await receive()
        step = body.read(STEP)
        ended = len(step) < STEP
        return {"type": "http.request", "body": step, "more_body": not ended}

    return replayed


async def _refuse(scope: dict[str, Any], send: Any, since: float, code: str, detail: str) -> None:
    status = PROBLEMS[code][0]
    await _answer(send, status, MEDIA_TYPE.encode(), problem(code, detail, request_id=http_request_id()))
    log_call(method=method_of(scope["method"]), route="", status=status, since=since)


async def _answer(send: Any, status: int, kind: bytes, body: dict[str, Any]) -> None:
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
