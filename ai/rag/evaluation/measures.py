"""How good a search is: pure figures from what was found for labelled questions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ai.rag.calibration import EVERYTHING
from ai.rag.context import Passage
from ai.rag.evaluation.labels import Label

DEPTHS = (1, 3, 5, 10)
TURNED_DOWN = 0.05
PARTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``rank`` of the first passage that answers, from 1; None: it was not found. ``best`` is the highest cosine."""

    label: Label
    rank: int | None
    best: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Shares, 0 to 1; None where there is no question of the kind.

    ``coverage`` is of the answerable questions that were not turned down, ``refused`` of the others that were.
    """

    recall: dict[int, float | None]
    mrr: float | None
    coverage: float | None
    refused: float | None


def outcome(label: Label, passages: Sequence[Passage]) -> Outcome:
    ranks = (
        rank
        for rank, passage in enumerate(passages, start=1)
        if label.answered_by(title=passage.title, text=passage.text)
    )
    scores = [passage.score for passage in passages if passage.score is not None]
    return Outcome(label=label, rank=next(ranks, None), best=max(scores, default=None))


def scores_of(outcomes: Iterable[Outcome], *, min_score: float) -> Scores:
    """Recall and mean reciprocal rank are of the ranking; what the minimum costs and spares is told beside them."""
    outcomes = list(outcomes)
    asked = [each for each in outcomes if each.label.answerable]
    vain = [each for each in outcomes if not each.label.answerable]
    return Scores(
        recall={depth: _recall(asked, depth) for depth in DEPTHS},
        mrr=_mean([1 / each.rank if each.rank else 0.0 for each in asked]),
        coverage=_share(asked, lambda each: _stands(each, min_score)),
        refused=_share(vain, lambda each: not _stands(each, min_score)),
    )


def _recall(asked: Sequence[Outcome], depth: int) -> float | None:
    return _share(asked, lambda each: each.rank is not None and each.rank <= depth)


def best_minimum(outcomes: Iterable[Outcome]) -> float | None:
    """The highest cosine that turns down at most one in twenty of the answerable questions, in steps of 0.01.

    To be told "not in the documents" of what is there costs more than a weak passage. None without such questions.
    """
    best = sorted(each.best or EVERYTHING for each in outcomes if each.label.answerable)
    return math.floor(best[int(len(best) * TURNED_DOWN)] * 100) / 100 if best else None


def held_out(outcomes: Iterable[Outcome]) -> Scores:
    """As ``scores_of``, each part of the questions by the minimum that the other parts would have.

    A minimum that is measured by the questions it was chosen by looks better than it will be.
    """
    outcomes = list(outcomes)
    parts = [outcomes[first::PARTS] for first in range(PARTS)]
    stands = []
    for number, part in enumerate(parts):
        minimum = best_minimum(each for other in [*parts[:number], *parts[number + 1 :]] for each in other)
        stands += [(each, _stands(each, EVERYTHING if minimum is None else minimum)) for each in part]
    asked = [stood for each, stood in stands if each.label.answerable]
    vain = [stood for each, stood in stands if not each.label.answerable]
    ranking = scores_of(outcomes, min_score=EVERYTHING)
    return replace(
        ranking,
        coverage=_mean([float(stood) for stood in asked]),
        refused=_mean([float(not stood) for stood in vain]),
    )


def _stands(each: Outcome, minimum: float) -> bool:
    return each.best is not None and each.best >= minimum


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float | None:
    return _mean([float(holds(each)) for each in outcomes])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
