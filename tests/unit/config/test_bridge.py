from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings

from config.bridge import plain_http

STEP = 1024 * 1024
LARGE_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"


class Client:
    """Asks for a path; a reluctant one takes the head of the answer, and nothing more until it is told to."""

    def __init__(self, path: str, *, reluctant: bool = False, sends: int = 0) -> None:
        self.began = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.status = 0
        self._path = path
        self._reluctant = reluctant
        self._left = sends

    async def ask(self) -> None:
        scope = {
            "type": "http", "method": "POST" if self._left else "GET",
            "path": self._path, "raw_path": self._path.encode(), "query_string": b"",
            "root_path": "", "scheme": "http", "http_version": "1.1", "headers": [(b"host", b"localhost")],
            "server": ("localhost", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        await plain_http(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        step = min(self._left, STEP)
        self._left -= step
        return {"type": "http.request", "body": b"x" * step, "more_body": bool(self._left)}

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.began.set()
        if self._reluctant:
            await self.goes_on.wait()


async def test_clients_that_take_nothing_hold_no_thread() -> None:
    clients = [Client(LARGE_FILE, reluctant=True) for _ in range(settings.LINTEL_WEB_THREADS)]
    asking = [asyncio.ensure_future(client.ask()) for client in clients]
    for client in clients:
        await client.began.wait()
    other = Client("/api/nothing")
    async with asyncio.timeout(20):
        await other.ask()
    assert other.status == 404
    for client in clients:  # to the end: a thread whose loop is closed under it would wait for ever
        client.goes_on.set()
    await asyncio.gather(*asking)


@pytest.mark.parametrize(
    ("path", "megabytes", "status"),
    [
        ("/api/v1/requests", 3, 413),
        ("/api/v1/documents", 3, 401),
        ("/api/v1/documents", 13, 413),
        ("/api/v1/documentsx", 3, 413),
    ],
)
async def test_only_those_who_take_files_are_sent_much(path: str, megabytes: int, status: int) -> None:
    """401: it came as far as those who ask who sends it."""
    client = Client(path, sends=megabytes * STEP)
    await client.ask()
    assert client.status == status
