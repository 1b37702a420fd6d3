"""One subscription a web process for all its readers: live messages are sorted into bounded mailboxes.

A subscription of its own for each reader would cost Redis and the loop one each, and would leave the layer's unbounded
queues in memory; here an overflowing mailbox forgets its text and sends its reader to the chunk log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

from requests_app.live import GROUP, LiveChunk, changes_of, chunks_of

logger = logging.getLogger(__name__)

MAILBOX_CHARACTERS = 64 * 1024
RESUBSCRIBE_PAUSE_S = 1.0


class Mailbox:
    """What one reader has not taken yet, at most MAILBOX_CHARACTERS of text."""

    def __init__(self) -> None:
        self._chunks: deque[LiveChunk] = deque()
        self._characters = 0
        self._look = False
        self._filled = asyncio.Event()

    def put(self, chunk: LiveChunk) -> None:
        self._characters += len(chunk.text)
        if self._characters > MAILBOX_CHARACTERS:
            self._chunks.clear()
            self._characters = 0
            self._look = True
        else:
            self._chunks.append(chunk)
        self._filled.set()

    def changed(self) -> None:
        self._look = True
        self._filled.set()

    async def wait(self, seconds: float) -> None:
        """Until something has come, or the time has passed."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._filled.wait()
        except TimeoutError:
            pass

    def empty(self) -> tuple[list[LiveChunk], bool]:
        """Everything that came, and whether the row is worth a look."""
        chunks, look = list(self._chunks), self._look
        self._chunks.clear()
        self._characters, self._look = 0, False
        self._filled.clear()
        return chunks, look


class Hub:
    """Lives on one event loop; its task starts with the first reader and stays."""

    def __init__(self) -> None:
        self._mailboxes: dict[UUID, set[Mailbox]] = {}
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def mailbox(self, request_id: UUID) -> Iterator[Mailbox]:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen(), name="hub")
        mailbox = Mailbox()
        self._mailboxes.setdefault(request_id, set()).add(mailbox)
        try:
            yield mailbox
        finally:
            readers = self._mailboxes[request_id]
            readers.discard(mailbox)
            if not readers:
                del self._mailboxes[request_id]

    def deliver(self, message: dict[str, Any]) -> None:
        """Channels' ``ai.chunk`` and ``ai.change`` messages; others are of a later version."""
        for chunk in chunks_of(message):
            for mailbox in self._mailboxes.get(chunk.request_id, ()):
                mailbox.put(chunk)
        for request_id in changes_of(message):
            for mailbox in self._mailboxes.get(request_id, ()):
                mailbox.changed()

    async def _listen(self) -> None:
        layer: Any = get_channel_layer()
        channel: str | None = None  # taken once: the layer would go on filling the queue of one that was left
        while True:
            try:
                channel = channel or await layer.new_channel()
                await layer.group_add(GROUP, channel)
                while True:
                    self.deliver(await layer.receive(channel))
            except Exception as problem:  # the edge: whatever the layer's client raises, readers fall back to the log
                logger.warning("no live messages (%s); readers follow the chunk log", type(problem).__name__)
                await asyncio.sleep(RESUBSCRIBE_PAUSE_S)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
