"""What to do after a call that did not bring an answer: one pure policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CALLS_PER_MODEL = 2
SHORT_WAIT_SECONDS = 2.0  # a Retry-After up to this is waited for with the slot held
BACKOFF_SECONDS = (0.2, 1.0)
PUT_BACK_SECONDS = (2.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A failed call and what is left. ``code`` is what the request fails with if nothing more can be done."""

    code: str
    retryable: bool
    unfit: bool = False
    """The model answered to the end, but not as asked: it is asked again, another model has no part in it."""
    reasked: bool = False
    """It has been asked again already, in this claim or an earlier one."""
    retry_after: float | None = None
    retryable_before: bool = False
    """A model earlier on the route failed in a way that passes: put back, the request may still meet it again."""
    calls_of_model: int
    """Made to this model in a row, the failed one included."""
    has_next_model: bool
    calls_left: int
    seconds_left: float
    text_shown: bool
    cut: Literal["reset", "incomplete"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reask:
    """Ask the same model once more, with its answer and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextModel:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBackFor:
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    code: str


Decision = Retry | Reask | NextModel | PutBackFor | GiveUp


def decide(facts: Facts, *, jitter: float) -> Decision:
    """``jitter`` between 0 and 1 places every wait within its range."""
    if facts.unfit:
        return _ask_again(facts)
    if facts.text_shown and facts.cut == "incomplete":
        return GiveUp(code="incomplete")
    if facts.calls_left < 1:
        return GiveUp(code=facts.code)
    if facts.retryable and (again := _same_model(facts, jitter)):
        return again
    if facts.has_next_model:
        return NextModel()
    passing = facts.retryable or facts.retryable_before
    return _put_back(facts, jitter) if passing else GiveUp(code=facts.code)


def when_cooling(seconds: float, *, seconds_left: float, jitter: float) -> PutBackFor | GiveUp:
    """No model may be called for so long. Those who wait for one come back one after another, not all at once."""
    wait = seconds + _between(PUT_BACK_SECONDS, jitter)
    return PutBackFor(after_s=wait) if wait < seconds_left else GiveUp(code="provider_unavailable")


def _ask_again(facts: Facts) -> Reask | GiveUp:
    kept = facts.text_shown and facts.cut == "incomplete"
    over = facts.reasked or facts.calls_left < 1 or facts.seconds_left <= 0
    return GiveUp(code=facts.code) if kept or over else Reask()


def _same_model(facts: Facts, jitter: float) -> Retry | None:
    wait = _between(BACKOFF_SECONDS, jitter) if facts.retry_after is None else facts.retry_after
    if facts.calls_of_model >= CALLS_PER_MODEL or wait > SHORT_WAIT_SECONDS or wait >= facts.seconds_left:
        return None
    return Retry(after_s=wait)


def _put_back(facts: Facts, jitter: float) -> PutBackFor | GiveUp:
    wait = max(_between(PUT_BACK_SECONDS, jitter), facts.retry_after or 0.0)
    return PutBackFor(after_s=wait) if wait < facts.seconds_left else GiveUp(code=facts.code)


def _between(limits: tuple[float, float], jitter: float) -> float:
    least, most = limits
    return least + (most - least) * jitter
