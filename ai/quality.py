"""The daily report's statistics: how many answers were approved, and whether answers have changed in length.

Few ratings say little: below a least number nothing is judged, and a rate comes with its interval. Percentiles are not
here: PostgreSQL's ``percentile_cont`` and ``statistics.quantiles(method="inclusive")`` give the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, sqrt
from statistics import NormalDist, median

LEAST_APPROVAL = 0.8
LEAST_RATINGS = 20
CONFIDENCE = 0.95

TRAILING_DAYS = 14
LEAST_DAYS = 5
LEAST_ANSWERS = 20
LEAST_CHANGE = 0.25
"""Of the usual length: what is less is no news, however steady the days before were."""
OUTLYING = 3.5
"""Of the modified z-score, as Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993) recommend."""
NORMAL_SCALE = NormalDist().inv_cdf(0.75)
"""The median absolute deviation of a normal distribution with standard deviation 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """Ratings of one prompt version; ``approved`` of ``ratings``."""

    prompt: str
    version: str
    approved: int
    ratings: int


class Standing(StrEnum):
    TOO_FEW = "too_few"
    FINE = "fine"
    LOW = "low"
    """Its prompt wants a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """``rate`` and ``interval`` are None without ratings."""

    rated: Rated
    rate: float | None
    interval: Interval | None
    standing: Standing
    sure: bool
    """The whole interval lies on that side of the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The answers of one prompt version on one day, and the median of their lengths."""

    answers: int
    length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """``times`` the usual length. ``score`` is infinite where all days before were alike and this one is not."""

    times: float
    score: float
    drifted: bool


def wilson(successes: int, trials: int, *, confidence: float = CONFIDENCE) -> Interval | None:
    """Wilson's score interval (1927) of a proportion, without continuity correction; None without trials."""
    if trials == 0:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, weight = successes / trials, z * z / trials
    middle = rate + weight / 2
    half = z * sqrt(rate * (1 - rate) / trials + weight / (4 * trials))
    low, high = (middle - half) / (1 + weight), (middle + half) / (1 + weight)
    return Interval(low=max(0.0, low) if successes else 0.0, high=min(1.0, high) if successes < trials else 1.0)


def approvals(
    rated: Iterable[Rated], *, least: float = LEAST_APPROVAL, least_ratings: int = LEAST_RATINGS
) -> list[Approval]:
    """The lowest rate first, versions without ratings last."""
    judged = [_approval(one, least=least, least_ratings=least_ratings) for one in rated]
    return sorted(judged, key=lambda one: (1.0 if one.rate is None else one.rate, one.rate is None))


def _approval(rated: Rated, *, least: float, least_ratings: int) -> Approval:
    interval = wilson(rated.approved, rated.ratings)
    if interval is None:
        return Approval(rated=rated, rate=None, interval=None, standing=Standing.TOO_FEW, sure=False)
    rate = rated.approved / rated.ratings
    standing = Standing.LOW if rate < least else Standing.FINE
    sure = interval.high < least if rate < least else interval.low >= least
    if rated.ratings < least_ratings:
        standing, sure = Standing.TOO_FEW, False
    return Approval(rated=rated, rate=rate, interval=interval, standing=standing, sure=sure)


def length_drift(today: Day, before: Sequence[Day]) -> Drift | None:
    """Against the last fourteen of the days ``before``, oldest first; None where too little is known to compare."""
    usual = [day.length for day in before[-TRAILING_DAYS:] if day.answers >= LEAST_ANSWERS]
    if today.answers < LEAST_ANSWERS or len(usual) < LEAST_DAYS:
        return None
    middle = median(usual)
    if middle <= 0:
        return None
    score = _score(today.length, usual)
    times = today.length / middle
    return Drift(times=times, score=score, drifted=abs(times - 1) >= LEAST_CHANGE and abs(score) > OUTLYING)


def _score(value: float, usual: Sequence[float]) -> float:
    """The modified z-score: how far from the median, in robust standard deviations."""
    middle = median(usual)
    spread = median(abs(other - middle) for other in usual)
    distance = value - middle
    if spread == 0:
        return 0.0 if distance == 0 else inf if distance > 0 else -inf
    return NORMAL_SCALE * distance / spread
