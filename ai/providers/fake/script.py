"""What the fake provider does with one call, and how a call finds its script."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Ending = Literal["done", "cut", "drop", "reset", "garbage", "error", "hang"]
Stop = Literal["end", "max_tokens", "refusal", "paused"]

DIRECTIVE = re.compile(r"\[\[fake (\{.*?\})\]\]", re.DOTALL)
HEADER = "x-fake-script"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """First the text, chunk by chunk; after ``after_chunks`` of them (None: all) the ending.

    Endings: ``done`` is the protocol's own; ``cut`` ends the body politely without a terminal event; ``drop`` closes
    the connection inside the body; ``reset`` sends a RST; ``garbage`` sends an event that is no JSON; ``error`` an
    error event; ``hang`` keeps the connection open, with an empty event each ``keepalive_s`` where that is set.
    A status other than 200 is answered at once, without any of them.
    """

    text: str | None = None
    """None: an answer made from the request, the same for the same request."""
    chunks: tuple[str, ...] | None = None
    """The exact pieces to send; overrides ``text`` and ``chunk_chars``."""
    chunk_chars: int = 7
    packet_bytes: int | None = None
    """Split what is written into packets of so many bytes, in the middle of characters too."""
    first_delay_s: float = 0.0
    chunk_delay_s: float = 0.0
    status: int = 200
    error_code: str = "scripted_error"
    retry_after: str | None = None
    """The header's value: seconds or an HTTP date."""
    retry_after_ms: str | None = None
    ending: Ending = "done"
    after_chunks: int | None = None
    keepalive_s: float | None = None
    stop: Stop = "end"
    as_refusal: bool = False
    """Send the text as a refusal (OpenAI's ``delta.refusal``)."""
    report_usage: bool = True
    cached_tokens: int = 0

    def __post_init__(self) -> None:
        if self.ending not in get_args(Ending):
            raise ValueError(f"ending: {self.ending!r} is none of {', '.join(get_args(Ending))}")
        if self.stop not in get_args(Stop):
            raise ValueError(f"stop: {self.stop!r} is none of {', '.join(get_args(Stop))}")
        if self.chunk_chars < 1 or (self.packet_bytes is not None and self.packet_bytes < 1):
            raise ValueError("chunk_chars and packet_bytes count from 1")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Script:
        unknown = set(data) - {entry.name for entry in fields(cls)}
        if unknown:
            raise ValueError(f"a script has no {', '.join(sorted(unknown))}")
        chunks = data.get("chunks")
        return cls(**{**data, "chunks": None if chunks is None else tuple(chunks)})

    def pieces(self, answer: str) -> Sequence[str]:
        if self.chunks is not None:
            return self.chunks
        text = answer if self.text is None else self.text
        return [text[start : start + self.chunk_chars] for start in range(0, len(text), self.chunk_chars)]


@dataclass(slots=True)
class Scripts:
    """The scripts that wait for calls. A directive in the request wins, then the queue, then the model's own."""

    default: Script = field(default_factory=Script)
    by_model: dict[str, Script] = field(default_factory=dict)
    queue: deque[Script] = field(default_factory=deque)

    def push(self, *scripts: Script) -> None:
        self.queue.extend(scripts)

    def choose(self, *, model: str, header: str | None, last_user_text: str) -> Script:
        told = DIRECTIVE.search(last_user_text)
        if header or told:
            return Script.from_json(json.loads(header or told.group(1)))  # type: ignore[union-attr]  # one of them is set
        if self.queue:
            return self.queue.popleft()
        return self.by_model.get(model, self.default)
