"""Every call that leaves this process, counted by kind, and the n-th of one kind struck. Tests alone load this.

Counted are round trips to Postgres (statements, savepoints, commits), commands to Redis, and what the provider's socket
does: connect, each write, each read.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpcore2
import psycopg
import redis
from httpcore2._backends.anyio import AnyIOBackend, AnyIOStream
from redis.asyncio.connection import AbstractConnection as AsyncRedisConnection
from redis.connection import AbstractConnection as RedisConnection

from config.backends.postgresql.base import Connection

Kind = Literal["database", "redis", "provider"]
Effect = Literal["before", "after", "hang", "kill"]
Side = Literal["web", "worker"]

KINDS: tuple[Kind, ...] = ("database", "redis", "provider")
# Who makes the calls of one request's life; a worker's keeper makes its own, in its own time.
THREADS: dict[Side, tuple[str, ...]] = {"web": ("MainThread", "announcer"), "worker": ("database", "loop")}
WITHOUT_A_CALL = {"_set_autocommit_gen", "_set_isolation_level_gen"}  # what psycopg only remembers
HANG_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to the n-th call of a kind: it never leaves, its answer is lost, it hangs, or the process dies."""

    kind: Kind
    number: int
    effect: Effect


class Outside:
    """The calls of a process while somebody watches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: tuple[str, ...] = ()
        self._fault: Fault | None = None
        self.counts: Counter[str] = Counter()
        self.struck = False

    @contextmanager
    def watched(self, side: Side, fault: Fault | None = None) -> Iterator[Outside]:
        self.counts, self.struck = Counter(), False
        self._fault, self._threads = fault, THREADS[side]
        try:
            yield self
        finally:
            self._fault, self._threads = None, ()

    def meets(self, kind: Kind) -> Effect | None:
        """Count a call that is about to be made; what is to happen to it."""
        if not threading.current_thread().name.startswith(self._threads):
            return None
        with self._lock:
            self.counts[kind] += 1
            if self._fault is None or (self._fault.kind, self._fault.number) != (kind, self.counts[kind]):
                return None
            self.struck = True
            if self._fault.effect == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            return self._fault.effect


outside = Outside()


def _database_call(made: Callable[..., Any]) -> Callable[..., Any]:
    def wait(self: Connection, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        effect = None if gen.__name__ in WITHOUT_A_CALL else outside.meets("database")
        if effect == "hang":
            return _frozen(made, self, gen)
        if effect != "before":
            answer = made(self, gen, interval, timeout)
            if effect is None:
                return answer
        self.pgconn.finish()
        raise psycopg.OperationalError("the connection broke")

    return wait


def _frozen(made: Callable[..., Any], connection: Connection, gen: Any) -> Any:
    """The server's process stands still; it goes on with what it was asked after its client has given up."""
    backend = connection.pgconn.backend_pid
    connection.answer_s = HANG_S
    os.kill(backend, signal.SIGSTOP)
    try:
        return made(connection, gen)
    finally:
        os.kill(backend, signal.SIGCONT)


def _redis_call(made: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: RedisConnection, *args: Any, **kwargs: Any) -> None:
        effect = outside.meets("redis")
        if effect == "hang":
            time.sleep(HANG_S)
        if effect in ("after", None):
            made(self, *args, **kwargs)
        if effect is not None:
            self.disconnect()  # type: ignore[no-untyped-call]
            raise redis.ConnectionError("the connection broke")

    return send


def _async_redis_call(made: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    async def send(self: AsyncRedisConnection, *args: Any, **kwargs: Any) -> None:
        effect = outside.meets("redis")
        if effect == "hang":
            await asyncio.Event().wait()
        if effect != "before":
            await made(self, *args, **kwargs)
        if effect is not None:
            await self.disconnect(nowait=True)
            raise redis.ConnectionError("the connection broke")

    return send


def _provider_call(made: Callable[..., Awaitable[Any]], broken: type[Exception]) -> Callable[..., Any]:
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        effect = outside.meets("provider")
        if effect == "hang":
            await asyncio.Event().wait()
        if effect != "before":
            answer = await made(self, *args, **kwargs)
            if effect is None:
                return answer
        raise broken("the connection broke")

    return call


def plant() -> Callable[[], None]:
    """Have all calls of this process counted; returns what takes it back."""
    places: list[tuple[Any, str, Callable[..., Any]]] = [
        (Connection, "wait", _database_call(Connection.wait)),
        (RedisConnection, "send_packed_command", _redis_call(RedisConnection.send_packed_command)),
        (AsyncRedisConnection, "send_packed_command", _async_redis_call(AsyncRedisConnection.send_packed_command)),
        (AnyIOBackend, "connect_tcp", _provider_call(AnyIOBackend.connect_tcp, httpcore2.ConnectError)),
        (AnyIOStream, "write", _provider_call(AnyIOStream.write, httpcore2.WriteError)),
        (AnyIOStream, "read", _provider_call(AnyIOStream.read, httpcore2.ReadError)),
    ]
    before = [(place, name, vars(place)[name]) for place, name, _call in places]
    for place, name, call in places:
        setattr(place, name, call)

    def take_back() -> None:
        for place, name, call in before:
            setattr(place, name, call)

    return take_back
