"""Events out of bytes that come in any pieces."""

from __future__ import annotations

import time

import pytest

from ai.errors import GarbledStream
from ai.providers.events import EventData

STREAM = "event: a\ndata: {1}\n\n: ping\ndata:{2 \u2028 \U0001f98a}\r\n\ndata: cut".encode()


@pytest.mark.parametrize("size", [1, 2, 7, len(STREAM)])
def test_pieces_make_no_difference(size: int) -> None:
    events = EventData()
    found = [data for start in range(0, len(STREAM), size) for data in events.feed(STREAM[start : start + size])]
    assert found == [b"{1}", "{2 \u2028 \U0001f98a}".encode()]


def test_a_long_line_takes_time_by_its_length() -> None:
    """Adding each piece to what came before took five seconds of the processor, in which no other stream moves."""
    events, began = EventData(), time.process_time()
    pieces = [b"data:", *[b"x" * 16_384] * 1_000, b"\n"]
    assert [len(data) for piece in pieces for data in events.feed(piece)] == [16_384_000]
    assert time.process_time() - began < 1


def test_a_line_without_an_end_is_given_up() -> None:
    events = EventData()
    megabyte = b"x" * 2**20
    assert [list(events.feed(megabyte)) for _ in range(16)] == [[]] * 16
    with pytest.raises(GarbledStream):
        list(events.feed(b"x"))
