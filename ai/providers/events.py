"""Server-sent events as the model APIs send them."""

from __future__ import annotations

from collections.abc import Iterator


class EventData:
    """Finds the data of whole events in bytes that come in any pieces.

    Every model API sends an event's data on one line, so a line is an event; the unended line of a stream that was cut
    is none. Splitting bytes, not text, keeps characters whole and leaves U+2028 inside a line alone.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []  # as it came: joined once, for a long line may come in thousands of pieces

    def feed(self, received: bytes) -> Iterator[bytes]:
        end, *begun = received.split(b"\n")
        self._line.append(end)
        for beginning in begun:
            line, self._line = b"".join(self._line), [beginning]
            if line.startswith(b"data:"):
                yield line[5:].strip()
