"""Live publishing: from the worker's loop to the web processes, through the Channels layer.

One group carries everything: a message holds all chunks of one flush, or the ids of requests whose row changed. Both
are hints about rows that are committed already; a reader that misses some reads them from the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

GROUP = "live"
MESSAGE_VERSION = 1
LONGEST_QUEUE = 256
SEND_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChunk:
    """Committed text of one attempt; ``start`` counts code points."""

    request_id: UUID
    attempt: int
    start: int
    text: str


def chunk_message(chunks: Iterable[LiveChunk]) -> dict[str, Any]:
    rows = [[chunk.request_id.bytes, chunk.attempt, chunk.start, chunk.text] for chunk in chunks]
    return {"type": "ai.chunk", "v": MESSAGE_VERSION, "chunks": rows}


def change_message(request_ids: Iterable[UUID]) -> dict[str, Any]:
    return {"type": "ai.change", "v": MESSAGE_VERSION, "requests": [request_id.bytes for request_id in request_ids]}


def chunks_of(message: dict[str, Any]) -> list[LiveChunk]:
    """The chunks of a message; none where it is of another type or of a later version."""
    if message.get("v") != MESSAGE_VERSION or message.get("type") != "ai.chunk":
        return []
    return [
        LiveChunk(request_id=UUID(bytes=request_id), attempt=attempt, start=start, text=text)
        for request_id, attempt, start, text in message["chunks"]
    ]


def changes_of(message: dict[str, Any]) -> list[UUID]:
    if message.get("v") != MESSAGE_VERSION or message.get("type") != "ai.change":
        return []
    return [UUID(bytes=request_id) for request_id in message["requests"]]


class LivePublisher:
    """Sends from a task of its own; while Redis hangs or is away the oldest messages fall out of a bounded queue."""

    def __init__(self) -> None:
        self._messages: deque[dict[str, Any]] = deque(maxlen=LONGEST_QUEUE)
        self._work = asyncio.Event()

    def chunks(self, chunks: list[LiveChunk]) -> None:
        if chunks:
            self._enqueue(chunk_message(chunks))

    def changed(self, request_id: UUID) -> None:
        self._enqueue(change_message([request_id]))

    def _enqueue(self, message: dict[str, Any]) -> None:
        self._messages.append(message)
        self._work.set()

    async def run(self) -> None:
        """Send for ever; cancel to stop."""
        layer = get_channel_layer()
        while True:
            await self._work.wait()
            self._work.clear()
            while self._messages:
                await self._send(layer, self._messages.popleft())

    async def _send(self, layer: Any, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await layer.group_send(GROUP, message)
        except Exception as problem:  # the edge: whatever the layer's client raises, readers fall back to the database
            logger.warning("live publishing is away (%s); readers follow the chunk log", type(problem).__name__)
            await asyncio.sleep(SEND_SECONDS)
