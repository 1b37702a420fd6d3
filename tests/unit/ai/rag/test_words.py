from __future__ import annotations

import pytest

from ai.rag.words import COMMON, weighed


@pytest.mark.parametrize(
    ("counts", "query"),
    [
        ({"e17": 3}, "'e17'"),
        ({"e17": 3, "pump": 900}, "'e17'"),  # without the rare one nothing makes half
        ({"e17": 3, "tb-608": 3}, "'e17' | 'tb-608'"),
        ({"a": 9, "b": 9, "c": 9, "d": 9}, "'a' | 'b' | 'c'"),  # d alone is a quarter
        ({"pump": 5000, "water": 6000}, "'pump' & 'water'"),  # all are common
        ({"it's": 1}, "'it''s'"),
        ({"a\\": 1}, "'a\\\\'"),
    ],
)
def test_rarest_words_are_looked_for(counts: dict[str, float], query: str) -> None:
    words = weighed(counts, passages=100_000)
    assert words is not None
    assert words.query == query
    assert sum(words.weights) == pytest.approx(1.0)
    assert list(words.weights) == sorted(words.weights, reverse=True)


def test_no_words_are_none() -> None:
    assert weighed({}, passages=10) is None


def test_a_table_that_was_never_counted_has_at_least_what_was_found() -> None:
    words = weighed({"e17": 3, "pump": 40}, passages=0)
    assert words is not None
    assert words.query == "'e17'"
    assert weighed({"pump": COMMON + 1}, passages=0) is not None
