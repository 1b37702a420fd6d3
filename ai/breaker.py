"""A circuit breaker per model: who keeps failing is left alone for a while, then tried with a single call.

Pure: every function takes a breaker and the time, in seconds of one clock that all callers share, and returns another
breaker. After Nygard, Release It! (2007), with the failure rate of a sliding window instead of a row of failures.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal, Self

WINDOW_S = 60.0
MOST_OUTCOMES = 20
FAILURE_RATE = 0.5
OPEN_S = 10.0
LONGEST_OPEN_S = 30.0
SHUT_OUT_S = 60.0
PROBE_S = 120.0
"""After that a probe of which nobody has told counts as lost, and the next call is one."""
LOOK_AGAIN_S = 5.0
"""How long others wait while a probe is under way."""
PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
"""Of a model that limits us and does not say for how long."""

State = Literal["closed", "open", "probing", "resting"]
Why = Literal["failing", "key_rejected", "probing", "rate_limited", "limit_full", "context_exceeded"]
"""Why a model is not called now; `limit_full` and `context_exceeded` are no breaker's word but the caller's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """``outcomes`` are the last calls: when each ended, and whether the model had done its part.

    ``until`` is when an open one may be probed, and when a probe counts as lost. ``cooling`` is when a model that asked
    for a pause may be called again; that is no failure of its. One that limits us and does not say for how long is
    ``resting``, and ``pause_s`` is how long we chose.
    """

    state: State = "closed"
    outcomes: tuple[tuple[float, bool], ...] = ()
    until: float = 0.0
    open_s: float = 0.0
    cooling: float = 0.0
    pause_s: float = 0.0
    cause: str = ""
    """The outcome that has opened it."""

    def dump(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, TypeError or KeyError where it was not written by `dump`."""
        values = json.loads(text)
        outcomes = tuple((float(at), bool(passed)) for at, passed in values.pop("outcomes"))
        return cls(**values, outcomes=outcomes)


CLOSED = Breaker()
KEY_REJECTED, RATE_LIMITED = "KeyRejected", "RateLimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    probe: bool = False
    """The single call that an open breaker lets through; whoever makes it must have claimed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    seconds: float
    why: Why


Admission = Go | Wait


def admission(breaker: Breaker, now: float) -> Admission:
    if breaker.cooling > now:
        return Wait(seconds=breaker.cooling - now, why="rate_limited")
    if breaker.state == "closed":
        return Go()
    if breaker.until <= now:
        return Go(probe=True)
    left = breaker.until - now
    if breaker.state == "probing":
        return Wait(seconds=min(left, LOOK_AGAIN_S), why="probing")
    return Wait(seconds=left, why="key_rejected" if breaker.cause == KEY_REJECTED else "failing")


def probing(breaker: Breaker, now: float) -> Breaker:
    """As it is once somebody makes the probe."""
    return replace(breaker, state="probing", until=now + PROBE_S)


def succeeded(breaker: Breaker, now: float, *, probe: bool) -> Breaker:
    if breaker.state == "closed":
        return replace(breaker, outcomes=_with(breaker, now, passed=True), pause_s=_shorter(breaker))
    return replace(CLOSED, pause_s=_shorter(breaker)) if probe else breaker  # what had begun before says nothing of now


def failed(breaker: Breaker, now: float, *, probe: bool, cause: str, least: int) -> Breaker:
    """With less than ``least`` calls in the window nothing is judged."""
    if breaker.state == "closed":
        outcomes = _with(breaker, now, passed=False)
        return _opened(breaker, now, cause) if _failing(outcomes, least) else replace(breaker, outcomes=outcomes)
    return _opened(breaker, now, cause) if probe else breaker


def asked_to_wait(breaker: Breaker, now: float, *, seconds: float, probe: bool) -> Breaker:
    """A provider that limits us works: a probe that hears so closes the breaker."""
    base = CLOSED if probe else breaker
    return replace(base, cooling=max(base.cooling, now + seconds))


def limited(breaker: Breaker, now: float, *, jitter: float, probe: bool) -> Breaker:
    """By a provider that does not say for how long: each pause is twice the one before, until a call passes.

    The calls that were under way when the first one heard so lengthen it no further, and a single one ends it.
    ``jitter`` between 0 and 1 places it within its upper half.
    """
    if breaker.state != "closed" and not probe:
        return breaker
    pause_s = min(max(PAUSE_S, 2 * breaker.pause_s), LONGEST_PAUSE_S)
    ends = now + pause_s * (1 + jitter) / 2
    base = CLOSED if probe else breaker
    return replace(base, state="resting", cooling=max(base.cooling, ends), pause_s=pause_s, cause=RATE_LIMITED)


def unproved(breaker: Breaker, now: float) -> Breaker:
    """The probe was broken off by us: the next call is one."""
    return replace(breaker, state="open", until=now)


def shut_out(_breaker: Breaker, now: float, *, cause: str) -> Breaker:
    """The key is turned down: every call would be, until a person changes it. Probed seldom."""
    return Breaker(state="open", until=now + SHUT_OUT_S, open_s=LONGEST_OPEN_S, cause=cause)


def _shorter(breaker: Breaker) -> float:
    return breaker.pause_s / 2 if breaker.pause_s > PAUSE_S else 0.0


def _with(breaker: Breaker, now: float, *, passed: bool) -> tuple[tuple[float, bool], ...]:
    recent = [outcome for outcome in breaker.outcomes if outcome[0] > now - WINDOW_S]
    return (*recent, (now, passed))[-MOST_OUTCOMES:]


def _failing(outcomes: tuple[tuple[float, bool], ...], least: int) -> bool:
    failures = sum(not passed for _at, passed in outcomes)
    return len(outcomes) >= least and failures >= FAILURE_RATE * len(outcomes)


def _opened(breaker: Breaker, now: float, cause: str) -> Breaker:
    """Twice as long each time that a probe fails."""
    open_s = min(max(OPEN_S, 2 * breaker.open_s), LONGEST_OPEN_S)
    return Breaker(state="open", until=now + open_s, open_s=open_s, cause=cause)
