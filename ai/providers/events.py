"""Server-sent events as the model APIs send them."""

from __future__ import annotations

from collections.abc import Iterator


class EventData:
    """Finds the data of whole events in bytes that come in any pieces.

    Every model API sends an event's data on one line, so a line is an event; the unended line of a stream that was cut
    is none. Splitting bytes, not text, keeps characters whole and leaves U+2028 inside a line alone.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> Iterator[bytes]:
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
