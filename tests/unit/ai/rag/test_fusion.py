from __future__ import annotations

import pytest

from ai.rag.fusion import reciprocal_rank_fusion


@pytest.mark.parametrize(
    ("rankings", "fused"),
    [
        ([], []),
        ([[], []], []),
        ([["a", "b"]], ["a", "b"]),
        ([["a", "b", "c"], ["c", "b", "a"]], ["a", "c", "b"]),  # one first and one third place beat two second ones
        ([["a", "b"], ["b", "x"]], ["b", "a", "x"]),
        ([["a", "b"], ["c"]], ["a", "c", "b"]),  # equals as they are met
        ([["a", "a", "b"], ["b"]], ["b", "a"]),  # met twice counts once
    ],
)
def test_rankings_are_fused(rankings: list[list[str]], fused: list[str]) -> None:
    assert [item for item, _score in reciprocal_rank_fusion(rankings)] == fused


def test_scores_are_those_of_the_paper() -> None:
    scores = dict(reciprocal_rank_fusion([["a", "b"], ["b"]]))
    assert scores == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61})
