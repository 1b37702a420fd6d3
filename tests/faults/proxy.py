"""A TCP proxy on loopback that misbehaves when told: what stands between a process and a server can be cut or stalled.

It runs on a thread of its own; every method may be called from any thread and has taken effect when it returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from config.local.ports import any_free

T = TypeVar("T")
HOST = "127.0.0.1"
BLOCK = 65536
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What has passed. ``up`` is towards the target, ``down`` towards its clients; ``most`` were open at once."""

    accepted: int = 0
    open: int = 0
    most: int = 0
    up: int = 0
    down: int = 0


class Proxy:
    """Listens on ``port`` and forwards to the port ``target``. Use as a context, or call ``start`` and ``stop``."""

    def __init__(self, target: int, *, port: int | None = None) -> None:
        self.port = port or any_free()
        self.target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{self.port}", daemon=True)
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._links: set[_Link] = set()
        self._cut_after: int | None = None
        self._accepted = self._most = self._up = self._down = 0

    def start(self) -> None:
        self._thread.start()
        self._flowing.set()
        self._do(self._listen())

    def stop(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def refuse(self) -> None:
        """Close the listener: connecting fails at once. Connections that stand go on."""
        self._do(self._deafen())

    def cut(self) -> int:
        """Reset every connection that stands, on both sides; returns how many there were."""
        return self._do(self._cut())

    def stall(self) -> None:
        """Accept, and forward nothing: sockets stay open and nobody answers."""
        self._do(self._stall())

    def cut_after(self, size: int | None) -> None:
        """Reset each connection, also those that stand, once so many bytes have come down it; None: no more."""
        self._do(self._limit(size))

    def resume(self) -> None:
        """Pass again: end ``refuse``, ``stall`` and ``cut_after``. What was held back goes on its way."""
        self._do(self._resume())

    @property
    def counts(self) -> Counts:
        return Counts(accepted=self._accepted, open=len(self._links), most=self._most, up=self._up, down=self._down)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self.port, backlog=512)

    async def _deafen(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            await asyncio.sleep(0)

    async def _stall(self) -> None:
        self._flowing.clear()

    async def _limit(self, size: int | None) -> None:
        self._cut_after = size

    async def _resume(self) -> None:
        self._cut_after = None
        self._flowing.set()
        await self._listen()

    async def _cut(self) -> int:
        links = list(self._links)
        for link in links:
            link.reset()
        return len(links)

    async def _close(self) -> None:
        await self._deafen()
        await self._cut()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        self._links.add(link)
        self._accepted += 1
        self._most = max(self._most, len(self._links))
        try:
            await self._flowing.wait()
            await self._forward(link, reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # cut off, or the end: asyncio would complain about a cancelled connection
        finally:
            self._links.discard(link)
            link.reset()

    async def _forward(self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        link.join(far_writer)
        await asyncio.gather(self._pump_up(reader, far_writer), self._pump_down(link, far_reader, writer))

    async def _pump_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(BLOCK):
            await self._flowing.wait()
            self._up += len(data)
            writer.write(data)
            await writer.drain()
        await self._flowing.wait()
        writer.write_eof()

    async def _pump_down(self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(BLOCK):
            await self._flowing.wait()
            left = BLOCK if self._cut_after is None else max(0, self._cut_after - link.down)
            link.down += min(left, len(data))
            self._down += min(left, len(data))
            writer.write(data[:left])
            await writer.drain()
            if self._cut_after is not None and link.down >= self._cut_after:
                raise ConnectionResetError
        await self._flowing.wait()
        writer.write_eof()


class _Link:
    """The two sockets of one forwarded connection, and what has come down it."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self._writers = [near]
        self._dead = False
        self.down = 0

    def join(self, far: asyncio.StreamWriter) -> None:
        """Its connection to the target; one that was cut while it was being made is reset at once."""
        self._writers.append(far)
        if self._dead:
            _reset(far)
            raise ConnectionResetError

    def reset(self) -> None:
        self._dead = True
        for writer in self._writers:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    own = writer.get_extra_info("socket")
    if own is not None and own.fileno() >= 0:
        with contextlib.suppress(OSError):
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    writer.transport.abort()
