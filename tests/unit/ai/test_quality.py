from __future__ import annotations

from math import inf

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ai.quality import Day, Drift, Rated, Standing, approvals, length_drift, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    """Newcombe, Two-sided confidence intervals for the single proportion (1998), table I, method 3."""
    interval = wilson(successes, trials)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_no_trials_no_interval() -> None:
    assert wilson(0, 0) is None


@given(st.integers(1, 10_000), st.data())
def test_wilson_holds_the_rate_and_mirrors(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    interval, mirrored = wilson(successes, trials), wilson(trials - successes, trials)
    assert interval is not None
    assert mirrored is not None
    assert 0 <= interval.low <= successes / trials <= interval.high <= 1
    assert mirrored.low == pytest.approx(1 - interval.high)


@given(st.integers(1, 500), st.integers(1, 500))
def test_more_ratings_of_the_same_rate_say_more(trials: int, times: int) -> None:
    assume(times > 1)
    few, many = wilson(trials, 2 * trials), wilson(trials * times, 2 * trials * times)
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


def rated(approved: int, ratings: int) -> Rated:
    return Rated(prompt="greet", version="1", approved=approved, ratings=ratings)


@pytest.mark.parametrize(
    ("approved", "ratings", "standing", "sure"),
    [
        (0, 0, Standing.TOO_FEW, False),
        (0, 19, Standing.TOO_FEW, False),
        (0, 20, Standing.LOW, True),
        (15, 20, Standing.LOW, False),
        (16, 20, Standing.FINE, False),
        (20, 20, Standing.FINE, True),
        (700, 1000, Standing.LOW, True),
        (850, 1000, Standing.FINE, True),
    ],
)
def test_approval_is_judged_by_enough_ratings(approved: int, ratings: int, standing: Standing, sure: bool) -> None:
    (approval,) = approvals([rated(approved, ratings)])
    assert (approval.standing, approval.sure) == (standing, sure)


def test_unknown_approval_is_no_zero() -> None:
    (approval,) = approvals([rated(0, 0)])
    assert approval.rate is None
    assert approval.interval is None


def test_worst_approval_comes_first() -> None:
    rows = approvals([rated(0, 0), rated(30, 30), rated(10, 30), rated(20, 30)])
    assert [row.rated.approved for row in rows] == [10, 20, 30, 0]
    assert [row.rate is None for row in rows] == [False, False, False, True]


def days(*lengths: float, answers: int = 50) -> list[Day]:
    return [Day(answers=answers, length=length) for length in lengths]


STEADY = days(100, 104, 96, 102, 98, 100, 101)  # median 100, median absolute deviation 2


def test_score_is_the_modified_z_score() -> None:
    drift = length_drift(Day(answers=50, length=140), STEADY)
    assert drift is not None
    assert drift.score == pytest.approx(0.6745 * 40 / 2, rel=1e-4)
    assert (drift.times, drift.drifted) == (1.4, True)


@pytest.mark.parametrize(
    ("length", "before", "drifted"),
    [
        (60, STEADY, True),
        (120, STEADY, False),  # far out of the steady days, yet only a fifth longer
        (130, days(60, 100, 140, 80, 120), False),  # longer by much, as days here are
        (130, days(100, 100, 100, 100, 100), True),
        (100, days(100, 100, 100, 100, 100), False),
        (200, [*days(*[200] * 30), *days(*[100] * 14)], True),
    ],
)
def test_drift_is_large_and_unusual(length: float, before: list[Day], drifted: bool) -> None:
    drift = length_drift(Day(answers=50, length=length), before)
    assert drift is not None
    assert drift.drifted is drifted


@pytest.mark.parametrize(
    ("today", "before"),
    [
        (Day(answers=19, length=100), STEADY),
        (Day(answers=50, length=100), STEADY[:4]),
        (Day(answers=50, length=100), days(*[100] * 14, answers=19)),
        (Day(answers=50, length=100), days(*[0] * 7)),
        (Day(answers=50, length=100), []),
    ],
)
def test_too_little_is_not_compared(today: Day, before: list[Day]) -> None:
    assert length_drift(today, before) is None


def test_any_change_of_the_unchanging_is_out_of_the_ordinary() -> None:
    assert length_drift(Day(answers=50, length=110), days(*[100] * 5)) == Drift(times=1.1, score=inf, drifted=False)


@pytest.mark.parametrize(("successes", "low", "high"), [(0, 0.0, 0.5615), (3, 0.4385, 1.0)])
def test_all_and_none_reach_the_ends(successes: int, low: float, high: float) -> None:
    interval = wilson(successes, 3)
    assert interval is not None
    assert [interval.low, interval.high] == pytest.approx([low, high], abs=1e-4)
