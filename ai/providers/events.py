"""Server-sent events as the model APIs send them."""

from __future__ import annotations

from collections.abc import Iterator

from ai.errors import GarbledStream

LONGEST_LINE = 16 * 2**20  # bytes; no model's event comes near it, and memory is shared by all streams


class EventData:
    """Finds the data of whole events in bytes that come in any pieces.

    Every model API sends an event's data on one line, so a line is an event; the unended line of a stream that was cut
    is none. Splitting bytes, not text, keeps characters whole and leaves U+2028 inside a line alone. A line without an
    end raises GarbledStream.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []  # as it came: joined once, for a long line may come in thousands of pieces
        self._length = 0

    def feed(self, received: bytes) -> Iterator[bytes]:
        end, *begun = received.split(b"\n")
        self._add(end)
        for beginning in begun:
            line = b"".join(self._line)
            self._line, self._length = [], 0
            self._add(beginning)
            if line.startswith(b"data:"):
                yield line[5:].strip()

    def _add(self, piece: bytes) -> None:
        self._line.append(piece)
        self._length += len(piece)
        if self._length > LONGEST_LINE:
            raise GarbledStream("the stream held a line without an end")
