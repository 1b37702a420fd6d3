"""HTTP/1.1 by hand, as little as the two SDKs need, so that a script can break it at the level of bytes."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ai.providers.fake.script import Framing


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
        self._framing: Framing = "chunked"
        self._zip: Compressor | None = None
        self._headers: dict[str, str] = {}
        self._held = b""
        self.bytes_sent = 0

    def json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        self.whole(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    def whole(self, status: int, payload: bytes, headers: Mapping[str, str]) -> None:
        self._head(status, {**headers, "Content-Length": str(len(payload))})
        self._write(payload)

    def start_events(
        self, *, content_type: str | None = None, framing: Framing = "chunked", gzip: bool = False
    ) -> None:
        self._framing = framing
        self._headers = {"Content-Type": content_type or "text/event-stream"}
        if gzip:
            self._zip = Compressor()
            self._headers["Content-Encoding"] = "gzip"
        if framing == "chunked":
            self._head(200, {**self._headers, "Transfer-Encoding": "chunked"})
        elif framing == "close":
            self._head(200, {**self._headers, "Connection": "close"})

    async def send(self, data: bytes, *, packet_bytes: int | None = None, packet_delay_s: float = 0.0) -> None:
        data = self._zip.part(data) if self._zip else data
        if packet_bytes is None:
            self._frame(data)
            return
        for start in range(0, len(data), packet_bytes):
            self._frame(data[start : start + packet_bytes])
            await asyncio.sleep(packet_delay_s)

    def finish(self) -> None:
        if self._zip:
            self._frame(self._zip.end())
        match self._framing:
            case "chunked":
                self._write(b"0\r\n\r\n")
            case "length":
                self.whole(200, self._held, self._headers)
            case "close":
                self._transport.close()

    def drop(self) -> None:
        self._transport.close()

    def reset(self) -> None:
        """Lingering for no time makes the kernel send RST instead of FIN."""
        peer = self._transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _frame(self, data: bytes) -> None:
        match self._framing:
            case "chunked":
                self._write(b"%x\r\n%b\r\n" % (len(data), data))
            case "length":
                self._held += data
            case "close":
                self._write(data)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} scripted", *(f"{name}: {value}" for name, value in headers.items())]
        self._write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def _write(self, data: bytes) -> None:
        self.bytes_sent += len(data)
        self._transport.write(data)


class Compressor:
    """gzip whose parts can be read as they come."""

    def __init__(self) -> None:
        self._zip = zlib.compressobj(wbits=31)

    def part(self, data: bytes) -> bytes:
        return self._zip.compress(data) + self._zip.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._zip.flush()


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
