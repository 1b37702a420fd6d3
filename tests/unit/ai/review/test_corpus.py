"""What docs/review.md publishes is what the labelled answers give."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from ai.review.language import gives_advice, refuses
from config.local.home import REPOSITORY

CORPUS = REPOSITORY / "tests" / "golden" / "refusals"
RULES: dict[str, Callable[[str], bool]] = {"refusal": refuses, "advice": gives_advice}
# Precision and recall on answers that no rule was tuned on.
LEAST = {"refusal": (1.0, 1.0), "advice": (1.0, 0.964)}


@cache
def answers(half: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]


def counted(half: str, label: str) -> Counter[tuple[bool, bool]]:
    """By (labelled, found)."""
    return Counter((answer[label], RULES[label](answer["text"])) for answer in answers(half))


def figures(half: str, label: str) -> tuple[float, float]:
    counts = counted(half, label)
    right = counts[True, True]
    return right / (right + counts[False, True]), right / (right + counts[True, False])


@pytest.mark.parametrize("label", RULES)
def test_held_out_figures_do_not_fall(label: str) -> None:
    precision, recall = figures("held_out", label)
    assert precision >= LEAST[label][0]
    assert recall >= LEAST[label][1]


@pytest.mark.parametrize("half", ["dev", "held_out"])
@pytest.mark.parametrize("label", RULES)
def test_published_figures_are_measured(half: str, label: str) -> None:
    counts = counted(half, label)
    precision, recall = figures(half, label)
    row = [
        label,
        half.replace("_", " "),
        str(len(answers(half))),
        str(counts[True, True] + counts[True, False]),
        f"{precision:.3f}",
        f"{recall:.3f}",
        str(counts[False, True]),
        str(counts[True, False]),
    ]
    assert f"| {' | '.join(row)} |" in (REPOSITORY / "docs" / "review.md").read_text(encoding="utf-8")


def test_corpus_is_large_and_balanced() -> None:
    every = [*answers("dev"), *answers("held_out")]
    assert len({answer["text"] for answer in every}) == len(every) >= 400
    assert 0.4 < sum(answer["refusal"] for answer in every) / len(every) < 0.6
    languages = Counter(answer["language"] for answer in every)
    assert languages.keys() == {"en", "de", "fr", "es", "it", "pt", "nl", "pl"}
    assert min(languages.values()) >= 25


@pytest.mark.parametrize("text", ["I cannot stress enough", "I can’t stress enough", "I can't help but"])
def test_corpus_has_the_hard_cases(text: str) -> None:
    hard = [answer for half in ("dev", "held_out") for answer in answers(half) if text in answer["text"]]
    assert hard
    assert not any(answer["refusal"] or refuses(answer["text"]) for answer in hard)
