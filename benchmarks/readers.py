"""Readers of streams that only note what comes and when: it is looked at afterwards, so that reading costs little."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.bed import Bed
from tests.process.stack import Person

AT_ONCE = 50
PATIENCE_S = 60.0


@dataclass(slots=True, eq=False)
class Reader:
    """One request's reader; where its socket breaks, it has no end."""

    request_id: str
    mark: str = ""
    """By which the provider's ledger knows the call."""
    messages: list[tuple[float, str | bytes]] = field(default_factory=list)
    """With the time of day at which each came."""
    first: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, socket: ClientConnection) -> None:
        """To the server's close."""
        try:
            async for message in socket:
                self.messages.append((time.time(), message))
                self.first.set()
        except ConnectionClosed:
            return

    @property
    def position(self) -> str | None:
        return json.loads(self.messages[-1][1])["position"] if self.messages else None

    @property
    def ended(self) -> bool:
        return bool(self.messages) and json.loads(self.messages[-1][1])["type"] == "end"

    @property
    def events(self) -> list[tuple[float, dict[str, Any]]]:
        return [(at, json.loads(message)) for at, message in self.messages]

    def chunks(self) -> list[tuple[float, dict[str, Any]]]:
        return [(at, event) for at, event in self.events if event["type"] == "chunk"]

    def exact(self, text: str) -> bool:
        """All of the text and nothing else, and then a good end."""
        events = [event for _at, event in self.events]
        got = "".join(event["text"] for event in events if event["type"] == "chunk")
        kinds = {event["type"] for event in events}
        return got == text and "reset" not in kinds and bool(events) and events[-1].get("status") == "done"


@asynccontextmanager
async def opened(
    stack: Bed, person: Person, request_id: str, after: str | None = None
) -> AsyncIterator[ClientConnection]:
    """A client that does no more than read: it sends no pings of its own and takes messages of any size."""
    query = "" if after is None else f"?after={after}"
    url = f"ws://127.0.0.1:{stack.port}/ws/requests/{request_id}{query}"
    async with connect(
        url, additional_headers=person.headers, proxy=None, open_timeout=PATIENCE_S, ping_interval=None, max_size=None
    ) as socket:
        yield socket


async def follow(stack: Bed, person: Person, reader: Reader) -> None:
    """From where it is."""
    async with opened(stack, person, reader.request_id, reader.position) as socket:
        await reader.read(socket)


async def all_open(stack: Bed, person: Person, readers: Sequence[Reader], tasks: list[asyncio.Task[None]]) -> None:
    """Until every one has heard of its request, or is through; their tasks join the others."""
    door = asyncio.Semaphore(AT_ONCE)

    async def enter(reader: Reader) -> None:
        async with door:
            tasks.append(task := asyncio.ensure_future(follow(stack, person, reader)))
            heard = asyncio.ensure_future(reader.first.wait())
            await asyncio.wait([task, heard], return_when=asyncio.FIRST_COMPLETED)
            heard.cancel()

    await asyncio.gather(*(enter(reader) for reader in readers))


def lags(reader: Reader, call: Mapping[str, Any], *, pieces: int) -> list[float]:
    """How long after the provider sent it each chunk came.

    The provider notes when it was called and when it had sent the last piece: the others were sent evenly between.
    """
    began = call["started"] + call["script"]["first_delay_s"]
    pause = (call["ended"] - began) / (pieces - 1)
    chars = len(call["text"]) // pieces
    return [at - began - (end_of(event) // chars - 1) * pause for at, event in reader.chunks()]


def end_of(event: Mapping[str, Any]) -> int:
    """Where its text ends, in characters. Positions are opaque to clients; a benchmark looks inside."""
    return int(event["position"].partition(":")[2])


def pauses(reader: Reader) -> list[float]:
    """Between one chunk and the next."""
    return [later - earlier for (earlier, _event), (later, _other) in pairwise(reader.chunks())]
