from __future__ import annotations

import asyncio
from uuid import uuid4

from requests_app.hub import MAILBOX_CHARACTERS, Hub, Mailbox
from requests_app.live import LiveChunk, change_message, chunk_message

REQUEST = uuid4()


def chunk(start: int, text: str) -> LiveChunk:
    return LiveChunk(request_id=REQUEST, attempt=1, start=start, text=text)


def test_slow_reader_keeps_no_more_than_its_share() -> None:
    mailbox = Mailbox()
    piece = "x" * 1000
    for number in range(1000):
        mailbox.put(chunk(number * 1000, piece))
        assert sum(len(kept.text) for kept in mailbox._chunks) <= MAILBOX_CHARACTERS
    _chunks, look = mailbox.empty()
    assert look, "the reader is sent to the log for what was forgotten"


def test_message_finds_its_readers_only() -> None:
    async def deliver() -> tuple[list[LiveChunk], list[LiveChunk]]:
        hub = Hub()
        with hub.mailbox(REQUEST) as mine, hub.mailbox(uuid4()) as others:
            hub.deliver(chunk_message([chunk(0, "é👍")]))
            return mine.empty()[0], others.empty()[0]

    mine, others = asyncio.run(deliver())
    assert mine == [chunk(0, "é👍")]
    assert others == []


def test_change_asks_for_a_look() -> None:
    async def deliver() -> bool:
        hub = Hub()
        with hub.mailbox(REQUEST) as mailbox:
            hub.deliver(change_message([REQUEST]))
            return mailbox.empty()[1]

    assert asyncio.run(deliver())


def test_message_of_a_later_version_is_left_alone() -> None:
    async def deliver() -> tuple[list[LiveChunk], bool]:
        hub = Hub()
        with hub.mailbox(REQUEST) as mailbox:
            hub.deliver({**chunk_message([chunk(0, "x")]), "v": 2})
            hub.deliver({"type": "ai.later", "v": 1})
            return mailbox.empty()

    assert asyncio.run(deliver()) == ([], False)
