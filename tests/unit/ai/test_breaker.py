"""The breaker in virtual time: one by one, then against random histories."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ai.breaker import (
    CLOSED,
    LONGEST_OPEN_S,
    LONGEST_PAUSE_S,
    LOOK_AGAIN_S,
    OPEN_S,
    PAUSE_S,
    PROBE_S,
    SHUT_OUT_S,
    WINDOW_S,
    Breaker,
    Go,
    Wait,
    admission,
    asked_to_wait,
    failed,
    limited,
    probing,
    shut_out,
    succeeded,
    unproved,
)

fail = partial(failed, cause="Overloaded", least=5)


def after(*outcomes: bool, every_s: float = 1.0) -> Breaker:
    breaker = CLOSED
    for number, passed in enumerate(outcomes):
        at = number * every_s
        breaker = succeeded(breaker, at, probe=False) if passed else fail(breaker, at, probe=False)
    return breaker


def opened(at: float = 0.0) -> Breaker:
    breaker = CLOSED
    for _call in range(5):
        breaker = fail(breaker, at, probe=False)
    return breaker


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([False] * 4, "closed"),
        ([False] * 5, "open"),
        ([True] * 5 + [False] * 4, "closed"),
        ([True] * 5 + [False] * 5, "open"),
        ([True, True, False] * 10, "closed"),
    ],
)
def test_opens_at_half_of_enough_calls(outcomes: list[bool], state: str) -> None:
    assert after(*outcomes).state == state


def test_failures_of_long_ago_do_not_count() -> None:
    assert after(*[False] * 20, every_s=WINDOW_S / 3).state == "closed"


def test_one_probe_once_the_time_is_over() -> None:
    breaker = opened()
    assert admission(breaker, OPEN_S - 1) == Wait(seconds=1.0, why="failing")
    assert admission(breaker, OPEN_S) == Go(probe=True)
    trying = probing(breaker, OPEN_S)
    assert admission(trying, OPEN_S) == Wait(seconds=LOOK_AGAIN_S, why="probing")
    assert admission(trying, OPEN_S + PROBE_S) == Go(probe=True)  # of a worker that died over it


def test_a_good_probe_closes_it_and_a_bad_one_doubles_the_wait() -> None:
    trying = probing(opened(), OPEN_S)
    assert succeeded(trying, OPEN_S + 1, probe=True) == CLOSED
    again = fail(trying, OPEN_S + 1, probe=True)
    assert admission(again, OPEN_S + 1) == Wait(seconds=2 * OPEN_S, why="failing")
    for _probe in range(10):
        again = fail(probing(again, again.until), again.until, probe=True)
    assert again.open_s == LONGEST_OPEN_S


def test_what_had_begun_before_says_nothing_of_now() -> None:
    breaker = opened()
    assert succeeded(breaker, 1.0, probe=False) == breaker == fail(breaker, 1.0, probe=False)


def test_a_probe_that_we_broke_off_is_made_again() -> None:
    assert admission(unproved(probing(opened(), OPEN_S), OPEN_S + 1), OPEN_S + 1) == Go(probe=True)


def test_a_pause_that_was_asked_for_is_no_failure() -> None:
    breaker = asked_to_wait(CLOSED, 0.0, seconds=30.0, probe=False)
    assert admission(breaker, 10.0) == Wait(seconds=20.0, why="rate_limited")
    assert admission(breaker, 30.0) == Go()
    assert asked_to_wait(breaker, 1.0, seconds=1.0, probe=False).cooling == 30.0


def test_a_rejected_key_opens_it_at_once_and_for_long() -> None:
    shut = shut_out(CLOSED, 0.0, cause="KeyRejected")
    assert admission(shut, 1.0) == Wait(seconds=SHUT_OUT_S - 1, why="key_rejected")


ENDS: dict[str, Callable[..., Breaker]] = {
    "L": partial(limited, jitter=1.0),
    "T": partial(asked_to_wait, seconds=3.0),
    "F": fail,
    "S": succeeded,
}
PAUSES: list[tuple[str, str, list[float]]] = [
    # L: limited without a word of for how long, T: told to wait 3 s, S: a success, F: a failure; each after the pause
    ("each is twice the one before", "LLLL", [1, 2, 4, 8]),
    ("up to a longest", "LLLLLLL", [1, 2, 4, 8, 16, 30, 30]),
    ("a success halves the next", "LLLSL", [1, 2, 4, 4]),
    ("and each further one again", "LLLSSL", [1, 2, 4, 2]),
    ("down to the first", "LLLSSSSSL", [1, 2, 4, 1]),
    ("what was told is kept to, and the next is the first", "LLTL", [1, 2, 3, 1]),
    ("a failure opens the breaker, and the next is the first", "LLFL", [1, 2, OPEN_S, 1]),
]


@pytest.mark.parametrize(("calls", "pauses"), [row[1:] for row in PAUSES], ids=[row[0] for row in PAUSES])
def test_pauses_that_nobody_told_grow_and_shrink(calls: str, pauses: list[float]) -> None:
    breaker, now, seen = CLOSED, 0.0, []
    for call in calls:
        match admission(breaker, now):
            case Go(probe=True):
                breaker, probe = probing(breaker, now), True
            case _:
                probe = False
        breaker = ENDS[call](breaker, now, probe=probe)
        match admission(breaker, now):
            case Wait(seconds=seconds):
                seen.append(seconds)
                now += seconds
    assert seen == pauses


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, PAUSE_S / 2), (0.5, PAUSE_S * 0.75), (1.0, PAUSE_S)])
def test_a_pause_lies_in_its_upper_half(jitter: float, seconds: float) -> None:
    breaker = limited(CLOSED, 0.0, jitter=jitter, probe=False)
    assert admission(breaker, 0.0) == Wait(seconds=seconds, why="rate_limited")


def test_calls_that_were_under_way_lengthen_a_pause_no_further_and_one_call_ends_it() -> None:
    breaker = limited(CLOSED, 0.0, jitter=1.0, probe=False)
    assert limited(breaker, 0.5, jitter=1.0, probe=False) == breaker == succeeded(breaker, 0.5, probe=False)
    assert limited(breaker, 5.0, jitter=1.0, probe=False) == breaker
    assert admission(breaker, PAUSE_S) == Go(probe=True)
    trying = probing(breaker, PAUSE_S)
    assert admission(trying, PAUSE_S) == Wait(seconds=LOOK_AGAIN_S, why="probing")
    assert admission(succeeded(trying, PAUSE_S, probe=True), PAUSE_S) == Go()


def test_it_is_stored_and_read_as_it_is() -> None:
    breaker = asked_to_wait(opened(at=1.25), 2.0, seconds=3.5, probe=False)
    assert Breaker.parse(breaker.dump()) == breaker
    with pytest.raises((ValueError, TypeError, KeyError)):
        Breaker.parse('{"state": "closed", "of a later release": 1, "outcomes": []}')


class Callers(RuleBasedStateMachine):
    """Any number of callers, time that passes, calls that end late or never: nobody waits for ever, one probes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.breaker = CLOSED
        self.under_way = 0
        self.probes = 0
        self.since_probe = 0.0

    @rule(seconds=st.floats(min_value=0.0, max_value=200.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def call(self) -> None:
        match admission(self.breaker, self.now):
            case Go(probe=True):
                assert self.probes == 0 or self.now >= self.since_probe + PROBE_S
                self.breaker = probing(self.breaker, self.now)
                self.probes, self.since_probe = 1, self.now
            case Go():
                self.under_way += 1

    @precondition(lambda self: self.under_way)
    @rule(passed=st.booleans())
    def call_ends(self, passed: bool) -> None:
        self.under_way -= 1
        end = partial(succeeded, probe=False) if passed else partial(fail, probe=False)
        self.breaker = end(self.breaker, self.now)

    @precondition(lambda self: self.probes)
    @rule(passed=st.sampled_from([True, False, None]))
    def probe_ends(self, passed: bool | None) -> None:
        self.probes = 0
        if passed is None:
            self.breaker = unproved(self.breaker, self.now)
        else:
            end = partial(succeeded, probe=True) if passed else partial(fail, probe=True)
            self.breaker = end(self.breaker, self.now)

    @precondition(lambda self: self.probes)
    @rule()
    def prober_dies(self) -> None:
        self.probes = 0

    @rule(seconds=st.floats(min_value=0.0, max_value=100.0))
    def provider_asks_for_a_pause(self, seconds: float) -> None:
        if not self.probes:
            self.breaker = asked_to_wait(self.breaker, self.now, seconds=seconds, probe=False)

    @precondition(lambda self: self.under_way)
    @rule(jitter=st.floats(min_value=0.0, max_value=1.0))
    def provider_limits_us(self, jitter: float) -> None:
        self.under_way -= 1
        self.breaker = limited(self.breaker, self.now, jitter=jitter, probe=False)

    @precondition(lambda self: self.probes)
    @rule(jitter=st.floats(min_value=0.0, max_value=1.0))
    def provider_limits_the_probe(self, jitter: float) -> None:
        self.probes = 0
        self.breaker = limited(self.breaker, self.now, jitter=jitter, probe=True)
        assert self.breaker.pause_s <= LONGEST_PAUSE_S

    @invariant()
    def everybody_gets_through_in_the_end(self) -> None:
        much_later = self.now + max(LONGEST_OPEN_S, SHUT_OUT_S, PROBE_S, 100.0)
        assert isinstance(admission(self.breaker, much_later), Go)

    @invariant()
    def waits_are_short(self) -> None:
        match admission(self.breaker, self.now):
            case Wait(seconds=seconds):
                assert 0 < seconds <= max(LONGEST_OPEN_S, SHUT_OUT_S, 100.0) + 1e-6  # of sums of floats

    @invariant()
    def it_survives_being_stored(self) -> None:
        assert Breaker.parse(self.breaker.dump()) == self.breaker


TestCallers = Callers.TestCase
