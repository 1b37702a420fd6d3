from __future__ import annotations

import random
import re
from itertools import product

import pytest

from ai.rag.words import COMMON, HALF, weighed


@pytest.mark.parametrize(
    ("counts", "query"),
    [
        ({"e17": 3}, "'e17'"),
        ({"e17": 3, "pump": 900}, "'e17'"),  # without the rare one nothing makes half
        ({"e17": 3, "tb-608": 3}, "'e17' | 'tb-608'"),
        (
            {"a": 9, "b": 9, "c": 9, "d": 9},
            "'a' & ('b' | 'c' | 'd') | 'b' & ('c' | 'd') | 'c' & ('d')",
        ),
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


@pytest.mark.parametrize("seed", range(20))
def test_whatever_has_half_matches(seed: int) -> None:
    chance = random.Random(seed)
    counts = {f"w{number}": chance.choice([1, 5, 40, 300, 1500, 9000]) for number in range(chance.randint(2, 9))}
    words = weighed(counts, passages=100_000)
    assert words is not None
    for has in product([False, True], repeat=len(words.each)):
        there = dict(zip(words.each, has, strict=True))
        told = sum(weight for weight, one in zip(words.weights, has, strict=True) if one)
        some_rare = any(one and counts[word.strip("'")] <= COMMON for word, one in there.items())
        assert told < HALF or not some_rare or matches(words.query, there)


def matches(query: str, there: dict[str, bool]) -> bool:
    spoken = re.sub(r"'\w+'", lambda word: str(there[word[0]]), query).replace("&", "and").replace("|", "or")
    return bool(eval(spoken))  # noqa: S307 - of our own words


def test_no_words_are_none() -> None:
    assert weighed({}, passages=10) is None


def test_words_that_are_common_even_together_are_none() -> None:
    assert weighed({"pump": 60_000, "water": 50_000}, passages=100_000) is None


def test_a_table_that_was_never_counted_has_at_least_what_was_found() -> None:
    words = weighed({"e17": 3, "pump": 40}, passages=0)
    assert words is not None
    assert words.query == "'e17'"
    assert weighed({"pump": COMMON + 1}, passages=0) is None
