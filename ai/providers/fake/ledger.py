"""The fake provider's own bill, to hold ours against."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

QUESTION_CHARS = 500


@dataclass(slots=True, kw_only=True)
class Call:
    """One call as the provider saw it. Times are seconds since the epoch, so that processes can compare them."""

    id: str
    protocol: str
    model: str
    question: str
    """The beginning of the last user text."""
    script: dict[str, Any]
    """What was not as usual about the script that was played."""
    input_tokens: int
    """Cached ones included."""
    cached_tokens: int
    cache_write_tokens: int
    started: float = field(default_factory=time.time)
    ended: float | None = None
    status: int = 200
    outcome: str = "running"
    """How it ended: a script's ending, ``rejected``, or ``disconnected`` where the client went first."""
    completed: bool = False
    """The protocol's own end was sent: these tokens are what the call costs."""
    client_disconnected_at: float | None = None
    bytes_sent: int = 0
    text: str = ""
    """What was sent of the answer."""

    @property
    def output_tokens(self) -> int:
        return count_tokens(self.text)

    def close(self, outcome: str) -> None:
        self.ended = time.time()
        self.outcome = outcome
        if outcome == "disconnected":
            self.client_disconnected_at = self.ended

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "output_tokens": self.output_tokens}


@dataclass(slots=True)
class Ledger:
    calls: list[Call] = field(default_factory=list)

    def open(self, *, protocol: str, model: str, input_text: str, question: str, script: dict[str, Any]) -> Call:
        tokens = count_tokens(input_text)
        call = Call(
            id=f"fake-{len(self.calls) + 1}",
            protocol=protocol,
            model=model,
            question=question[:QUESTION_CHARS],
            script=script,
            input_tokens=tokens,
            cached_tokens=script.get("cached_tokens", 0),
            cache_write_tokens=script.get("cache_write_tokens", 0),
        )
        self.calls.append(call)
        return call


def count_tokens(text: str) -> int:
    """The fake's tokens: four bytes each, begun ones whole."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)
