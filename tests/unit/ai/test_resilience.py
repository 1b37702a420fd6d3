"""The whole policy as one table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ai.resilience import Decision, Facts, GiveUp, NextModel, PutBackFor, Reask, Retry, decide

FAILED = Facts(
    code="provider_unavailable",
    retryable=True,
    calls_of_model=1,
    has_next_model=True,
    calls_left=5,
    seconds_left=60.0,
    text_shown=False,
    cut="reset",
)
AGAIN = replace(FAILED, calls_of_model=2)
LAST = replace(AGAIN, has_next_model=False)
FINAL = replace(FAILED, code="provider_rejected", retryable=False)
UNFIT = replace(FAILED, code="output_invalid", retryable=False, unfit=True, text_shown=True)
OVER = GiveUp(code="output_invalid")
UNAVAILABLE = GiveUp(code="provider_unavailable")

TABLE: list[tuple[str, Facts, Decision]] = [
    ("first failure: once more", FAILED, Retry(after_s=0.2)),
    ("second failure: the next model", AGAIN, NextModel()),
    ("end of the route: put back", LAST, PutBackFor(after_s=2.0)),
    ("short retry-after: waited for", replace(FAILED, retry_after=2.0), Retry(after_s=2.0)),
    ("long retry-after: the next model", replace(FAILED, retry_after=2.1), NextModel()),
    (
        "long retry-after, no next: put back",
        replace(FAILED, retry_after=30.0, has_next_model=False),
        PutBackFor(after_s=30.0),
    ),
    ("short retry-after, no next: at least a while", replace(LAST, retry_after=1.0), PutBackFor(after_s=2.0)),
    ("put back past the deadline", replace(LAST, seconds_left=1.5), UNAVAILABLE),
    ("retry-after past the deadline", replace(LAST, retry_after=61.0), UNAVAILABLE),
    ("no time for the pause: the next model", replace(FAILED, seconds_left=0.1), NextModel()),
    ("no calls left", replace(FAILED, calls_left=0), UNAVAILABLE),
    ("our call is wrong: another model may take it", FINAL, NextModel()),
    ("our call is wrong, no other model", replace(FINAL, has_next_model=False), GiveUp(code="provider_rejected")),
    (
        "final at the end, an earlier model may recover: put back",
        replace(FINAL, has_next_model=False, retryable_before=True),
        PutBackFor(after_s=2.0),
    ),
    (
        "final at the end, no time for an earlier model: as what it is",
        replace(FINAL, has_next_model=False, retryable_before=True, seconds_left=1.5),
        GiveUp(code="provider_rejected"),
    ),
    ("text shown, reset: as ever", replace(FAILED, text_shown=True), Retry(after_s=0.2)),
    ("text shown, incomplete: over", replace(FAILED, text_shown=True, cut="incomplete"), GiveUp(code="incomplete")),
    ("unfit: asked again, once", UNFIT, Reask()),
    ("unfit after a failure: asked again", replace(UNFIT, calls_of_model=2), Reask()),
    ("unfit again: over, whatever else is on the route", replace(UNFIT, reasked=True), OVER),
    ("unfit, no calls left: over", replace(UNFIT, calls_left=0), OVER),
    ("unfit, no time left: over", replace(UNFIT, seconds_left=0.0), OVER),
    ("unfit and kept: over, as what it is", replace(UNFIT, cut="incomplete"), OVER),
    (
        "empty: asked again, also where text would be kept",
        replace(UNFIT, code="empty", text_shown=False, cut="incomplete"),
        Reask(),
    ),
    ("empty again: over", replace(UNFIT, code="empty", reasked=True), GiveUp(code="empty")),
    ("the second question fails: as any call", replace(FAILED, reasked=True), Retry(after_s=0.2)),
]


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_decision(facts: Facts, expected: Decision) -> None:
    assert decide(facts, jitter=0.0) == expected


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 0.2), (1.0, 1.0)])
def test_backoff_range(jitter: float, wait: float) -> None:
    assert decide(FAILED, jitter=jitter) == Retry(after_s=wait)


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 2.0), (1.0, 10.0)])
def test_put_back_range(jitter: float, wait: float) -> None:
    assert decide(LAST, jitter=jitter) == PutBackFor(after_s=wait)
