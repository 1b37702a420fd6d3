"""One ranking out of several whose scores cannot be compared.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank
learning methods", SIGIR 2009. Their k of 60 keeps a first place in one ranking from outweighing good places in all.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)

K = 60


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Item]], *, k: int = K) -> list[tuple[Item, float]]:
    """Each item once, with the sum of 1 / (k + rank), ranks from 1; equals stay in the order in which they are met."""
    scores: dict[Item, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(dict.fromkeys(ranking), start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])
