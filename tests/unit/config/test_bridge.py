from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings

from config.bridge import plain_http

LARGE_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"


class Client:
    """Asks for a path; a reluctant one takes the head of the answer, and nothing more until it is told to."""

    def __init__(self, path: str, *, reluctant: bool = False) -> None:
        self.began = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.status = 0
        self._path = path
        self._reluctant = reluctant

    async def ask(self) -> None:
        scope = {
            "type": "http", "method": "GET", "path": self._path, "raw_path": self._path.encode(), "query_string": b"",
            "root_path": "", "scheme": "http", "http_version": "1.1", "headers": [(b"host", b"localhost")],
            "server": ("localhost", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        await plain_http(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

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
