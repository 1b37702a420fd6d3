"""The labelled set that ships: what it promises is true of its files."""

from __future__ import annotations

import re

import pytest

from ai.rag.evaluation.labels import HANDBOOK, Label, documents_beside, read_labels, without_answer

LABELS, TEXTS = read_labels(HANDBOOK), documents_beside(HANDBOOK)
ANSWERABLE = [label for label in LABELS if label.answerable]


def in_threes(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[n : n + 3]) for n in range(len(words) - 2)}


def test_there_are_so_many() -> None:
    assert len(TEXTS) == 30
    assert len(LABELS) == len({label.question for label in LABELS}) == 110
    assert len(LABELS) - len(ANSWERABLE) == 20
    assert {label.document for label in ANSWERABLE} == set(TEXTS)


def test_every_quote_stands_in_its_document_once() -> None:
    assert without_answer(LABELS, TEXTS) == []
    assert [label.quote for label in ANSWERABLE if TEXTS[label.document].count(label.quote) != 1] == []


@pytest.mark.parametrize("label", ANSWERABLE, ids=lambda label: label.question)
def test_no_three_words_in_a_row_give_the_passage_away(label: Label) -> None:
    assert in_threes(label.question) & in_threes(TEXTS[label.document]) == set()


def test_the_words_are_looked_at() -> None:
    assert in_threes("Where is the lawn by?") & in_threes("the lawn, by the canal") == {("the", "lawn", "by")}
