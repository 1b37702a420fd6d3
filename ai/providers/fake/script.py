"""What the fake provider does with one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

Ending = Literal["done", "unfinished", "twice", "more", "cut", "drop", "reset", "vanish", "garbage", "error", "hang"]
Stop = Literal["end", "max_tokens", "refusal", "paused", "context_window", "unknown"]
Framing = Literal["chunked", "length", "close"]
OddUsage = Literal["negative", "huge", "words", "null"]

CHOICES = {"ending": Ending, "stop": Stop, "framing": Framing}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """First the text, chunk by chunk; after ``after_chunks`` of them (None: all) the ending.

    Endings: ``done`` is the protocol's own, ``unfinished`` lacks its last event, ``twice`` repeats it, ``more`` sends
    text behind it. ``cut`` ends the body politely without any; ``drop`` closes the connection inside the body;
    ``reset`` sends a RST; ``vanish`` closes it before the first byte of an answer; ``garbage`` sends an event that is
    no JSON; ``error`` an error event; ``hang`` keeps the connection open, with an empty event each ``keepalive_s``
    where that is set. A status other than 200, or a ``body``, is answered at once, without any of them.
    """

    fault: str = ""
    """The name by which ``faults.py`` knows it."""
    text: str | None = None
    """None: an answer made from the request, the same for the same request."""
    chunks: tuple[str, ...] | None = None
    """The exact pieces to send; overrides ``text`` and ``chunk_chars``."""
    chunk_chars: int = 7
    packet_bytes: int | None = None
    """Split what is written into packets of so many bytes, in the middle of characters too."""
    packet_delay_s: float = 0.0
    first_delay_s: float = 0.0
    """Before the head of the response."""
    chunk_delay_s: float = 0.0
    status: int = 200
    error_code: str = "scripted_error"
    retry_after: str | None = None
    """The header's value: seconds or an HTTP date."""
    retry_after_ms: str | None = None
    body: str | None = None
    """Stands in place of the protocol's answer: a proxy's page, an error with status 200."""
    content_type: str | None = None
    framing: Framing = "chunked"
    """How a stream's end is told: ``length`` sends all at once, as buffering proxies do; ``close`` just hangs up."""
    gzip: bool = False
    ending: Ending = "done"
    after_chunks: int | None = None
    keepalive_s: float | None = None
    stop: Stop = "end"
    as_refusal: bool = False
    """Send the text as a refusal (OpenAI's ``delta.refusal``)."""
    report_usage: bool = True
    odd_usage: OddUsage | None = None
    """Report figures that cannot be."""
    cached_tokens: int = 0
    cache_write_tokens: int = 0

    def __post_init__(self) -> None:
        for name, choice in CHOICES.items():
            if getattr(self, name) not in get_args(choice):
                raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(get_args(choice))}")
        if self.odd_usage not in (None, *get_args(OddUsage)):
            raise ValueError(f"odd_usage: {self.odd_usage!r} is none of {', '.join(get_args(OddUsage))}")
        if self.chunk_chars < 1 or (self.packet_bytes is not None and self.packet_bytes < 1):
            raise ValueError("chunk_chars and packet_bytes count from 1")

    def pieces(self, answer: str) -> Sequence[str]:
        if self.chunks is not None:
            return self.chunks
        text = answer if self.text is None else self.text
        return [text[start : start + self.chunk_chars] for start in range(0, len(text), self.chunk_chars)]

    def told(self) -> dict[str, Any]:
        """What is not as usual about it."""
        return dict(self._told())

    def _told(self) -> Iterator[tuple[str, Any]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                yield field.name, value
