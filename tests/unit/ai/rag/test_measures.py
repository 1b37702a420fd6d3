from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest

from ai.errors import FileBroken
from ai.rag.context import Passage
from ai.rag.evaluation.labels import Label, read_labels
from ai.rag.evaluation.measures import Outcome, best_minimum, held_out, outcome, scores_of

ASKED, VAIN = Label(question="why?", document="a.md", quote="for a reason"), Label(question="who?")


def passage(title: str, text: str, score: float | None = 0.5) -> Passage:
    number = UUID(int=1)
    return Passage(chunk=number, document=number, position=0, start=0, end=9, text=text, title=title, score=score)


def of(rank: int | None, best: float | None, label: Label = ASKED) -> Outcome:
    return Outcome(label=label, rank=rank, best=best)


@pytest.mark.parametrize(
    ("found", "rank", "best"),
    [
        ([], None, None),
        ([passage("a.md", "This is so for a\n reason.")], 1, 0.5),
        ([passage("b.md", "for a reason", 0.6), passage("a.md", "for a reason", 0.4)], 2, 0.6),
        ([passage("a.md", "for no reason", None)], None, None),
    ],
)
def test_first_passage_that_answers_counts(found: list[Passage], rank: int | None, best: float | None) -> None:
    assert outcome(ASKED, found) == of(rank, best)


def test_figures_are_shares_of_their_own_questions() -> None:
    scores = scores_of(
        [of(1, 0.6), of(4, 0.3), of(None, None), of(None, 0.1, VAIN), of(None, 0.5, VAIN)], min_score=0.4
    )
    assert scores.recall == {1: pytest.approx(1 / 3), 3: pytest.approx(1 / 3), 5: pytest.approx(2 / 3), 10: 2 / 3}
    assert scores.mrr == pytest.approx((1 + 1 / 4) / 3)
    assert scores.coverage == pytest.approx(1 / 3)
    assert scores.refused == 0.5


def test_of_no_questions_nothing_is_known() -> None:
    scores = scores_of([], min_score=0.4)
    assert (scores.recall[1], scores.mrr, scores.coverage, scores.refused) == (None, None, None, None)
    assert best_minimum([of(None, 0.3, VAIN)]) is None


def test_minimum_turns_down_one_in_twenty_at_most() -> None:
    outcomes = [of(1, n / 100 + 0.005) for n in range(20, 60)]
    minimum = best_minimum([*outcomes, of(None, 0.9, VAIN)])
    assert minimum == 0.22
    assert scores_of(outcomes, min_score=minimum).coverage == 0.95


def test_held_out_questions_do_not_choose_their_own_minimum() -> None:
    odd = of(1, 0.1)  # alone in its part: the others would have 0.5
    outcomes = [odd, *[of(1, 0.5) for _each in range(9)], *[of(None, 0.4, VAIN) for _each in range(10)]]
    assert best_minimum(outcomes) == 0.1
    unseen = held_out(outcomes)
    assert unseen.coverage == pytest.approx(0.9)
    assert unseen.refused == pytest.approx(0.1)  # of the part whose others have no odd one
    assert unseen.recall[1] == 1.0


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ('{"question": ""}', "not an object with a question"),
        ('{"question": "why?", "answer": "so"}', "no other keys than"),
        ('{"question": "why?", "quote": 5}', "not text"),
        ('{"question": "why?", "quote": "so"}', "go together"),
    ],
)
def test_wrong_line_is_named(tmp_path: Path, line: str, wrong: str) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps({"question": "who?"}) + "\n\n" + line + "\n")
    with pytest.raises(FileBroken, match=f"labels.jsonl:3: .*{wrong}"):
        read_labels(file)


def test_file_without_questions_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text("\n")
    with pytest.raises(FileBroken, match="no questions"):
        read_labels(tmp_path / "labels.jsonl")
