"""What happens in the sample history, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Outcome = Literal[
    "done", "retried", "fallback", "cut", "reasked",
    "refused", "incomplete", "invalid", "rejected", "stopped", "withdrawn", "late",
]  # fmt: skip
Verdict = Literal["approved", "edited", "rejected"]
ANSWERED = {"done", "retried", "fallback", "cut", "reasked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumb:
    up: bool
    after_s: float
    comment: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a reviewer does with a kept-back answer; ``text`` is the edited one."""

    by: str
    verdict: Verdict
    after_s: float
    note: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Somebody asks something. ``took_s`` is how long the answer takes, about."""

    day: date
    at: datetime
    person: str
    team: str
    prompt: str
    payload: Mapping[str, str]
    answer: str
    outcome: Outcome
    took_s: float
    priority: str = "balanced"
    lane: str = "interactive"
    cached: bool = False
    asks_again: bool = False
    thumb: Thumb | None = None
    judgement: Judgement | None = None
