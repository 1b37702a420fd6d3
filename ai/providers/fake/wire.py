"""HTTP/1.1 by hand, as little as the two SDKs need, so that a script can break it at the level of bytes."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body or b"{}")


def take_request(buffer: bytearray) -> Request | None:
    """Cut the first whole request off the buffer; None while it is still coming. Bodies must state their length."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = buffer[:end].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if len(buffer) < end + 4 + length:
        return None
    body = bytes(buffer[end + 4 : end + 4 + length])
    del buffer[: end + 4 + length]
    method, target, _ = first.split(" ")
    return Request(method=method, path=target.partition("?")[0], headers=headers, body=body)


class Response:
    """The answer's side of one connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.bytes_sent = 0

    def json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        payload = json.dumps(body).encode()
        self._head(status, {"Content-Type": "application/json", "Content-Length": str(len(payload)), **(headers or {})})
        self._write(payload)

    def start_events(self) -> None:
        self._head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})

    async def send(self, data: bytes, *, packet_bytes: int | None = None) -> None:
        if packet_bytes is None:
            self._write(b"%x\r\n%b\r\n" % (len(data), data))
            return
        for start in range(0, len(data), packet_bytes):
            part = data[start : start + packet_bytes]
            self._write(b"%x\r\n%b\r\n" % (len(part), part))
            await asyncio.sleep(0)

    def finish(self) -> None:
        self._write(b"0\r\n\r\n")

    def drop(self) -> None:
        self._transport.close()

    def reset(self) -> None:
        """Lingering for no time makes the kernel send RST instead of FIN."""
        peer = self._transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} scripted", *(f"{name}: {value}" for name, value in headers.items())]
        self._write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def _write(self, data: bytes) -> None:
        self.bytes_sent += len(data)
        self._transport.write(data)


Handler = Callable[[Request, Response], Awaitable[None]]


class Connection(asyncio.Protocol):
    """One client: requests one after the other. A client that goes away cancels the handler of its request."""

    def __init__(self, handler: Handler, tasks: set[asyncio.Task[None]]) -> None:
        self._handler = handler
        self._tasks = tasks
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._handle_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()

    def _handle_next(self) -> None:
        if self._task is not None or (request := take_request(self._buffer)) is None:
            return
        answer = self._handler(request, Response(self._transport))
        self._task = asyncio.ensure_future(answer)
        self._tasks.add(self._task)
        self._task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._task = None
        if task.cancelled() or task.exception() is not None:
            self._transport.abort()
        else:
            self._handle_next()
