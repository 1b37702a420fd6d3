"""A client that costs little beside the server it measures: bytes over kept connections, no library between."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Load:
    """What came back: latencies in seconds, and how many answers were not as expected."""

    latencies: list[float] = field(default_factory=list)
    wrong: int = 0
    took: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.took


def post(path: str, token: str, body: object) -> bytes:
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


async def load(port: int, request: Callable[[], bytes], *, clients: int, calls: int, status: int) -> Load:
    """``clients`` at once, each on its own connection, ``calls`` in all."""
    found, left = Load(), iter(range(calls))
    began = time.perf_counter()
    await asyncio.gather(*(_client(port, request, left, status, found) for _each in range(clients)))
    found.took = time.perf_counter() - began
    return found


async def _client(port: int, request: Callable[[], bytes], left: object, status: int, found: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _call in left:  # type: ignore[attr-defined]  # one iterator shared by all
        began = time.perf_counter()
        writer.write(request())
        got, _body = await answer(reader)
        found.latencies.append(time.perf_counter() - began)
        found.wrong += got != status
    writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    lengths = [line.partition(":")[2] for line in head if line.lower().startswith("content-length:")]
    body = await reader.readexactly(int(lengths[0])) if lengths else b""
    return int(head[0].split()[1]), body


async def accepted(port: int, request: bytes) -> str:
    """Post it on a connection of its own; the id of what was accepted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    status, body = await answer(reader)
    writer.close()
    assert status == 202, f"{status} instead of 202: {body[:500]!r}"
    return str(json.loads(body)["id"])
