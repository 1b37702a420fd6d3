"""What processes hold is bounded, and what beat sends takes effect once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from tests.faults.oracles.facts import Facts

GROWTH = 1.3  # pools fill by chance; what leaks goes on and on


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Connections at a calm moment, and the most that the processes of that moment are configured to hold."""

    after: str
    postgres: int
    postgres_most: int
    redis: int
    redis_most: int


def connections_are_bounded(samples: Sequence[Sample]) -> Iterator[str]:
    """I14: never more than the processes times their pools."""
    for sample in samples:
        if sample.postgres > sample.postgres_most:
            yield f"{sample.postgres} connections to Postgres after {sample.after}, at most {sample.postgres_most}"
        if sample.redis > sample.redis_most:
            yield f"{sample.redis} connections to Redis after {sample.after}, at most {sample.redis_most}"


def connections_do_not_grow(calm: Sequence[Sample]) -> Iterator[str]:
    """I14: one sample a round, each after everything was healed; the last three are as the first three, or fewer."""
    for name in ("postgres", "redis"):
        counts = [getattr(sample, name) for sample in calm]
        first, last = (median(part) for part in (counts[:3], counts[-3:])) if len(counts) >= 6 else (0, 0)
        if last > first * GROWTH:
            yield f"connections to {name} grew: {counts}"


def periods_take_effect_once(facts: Facts) -> Iterator[str]:
    """I15: one window a budget and moment, whoever opened it."""
    windows = sorted(facts.windows, key=lambda window: (window.budget, window.starts))
    for one, after in pairwise(windows):
        if one.budget == after.budget and one.ends > after.starts:
            yield f"budget {one.budget} has a window until {one.ends} and another from {after.starts}"


def mails_are_sent_once(mails: Iterable[tuple[str, str]]) -> Iterator[str]:
    """I15: one mail a window and step, that is to say a recipient and a subject."""
    for (to, subject), count in Counter(mails).items():
        if count > 1:
            yield f"{to} had {count} mails that say {subject!r}"
