from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai.rag.citing import MOST, Citing, citing
from ai.rag.context import Block, Passage

LEASE = "The lease runs for five years. Notice is given ninety days before its end. Dogs are welcome."
PARKING = "Parking costs 40 euros a month.\nVisitors park for free."
DOCUMENT, OTHER = UUID(int=1), UUID(int=2)


def passage(number: int, text: str, *, document: UUID = DOCUMENT, start: int = 0) -> Passage:
    return Passage(
        chunk=UUID(int=100 + number), document=document, position=number, start=start, end=start + len(text), text=text
    )


def block(key: int, *passages: Passage) -> Block:
    text = "\n\n".join(each.text for each in passages)
    return Block(key=key, document=passages[0].document, text=text, passages=passages)


BLOCKS = (block(1, passage(1, LEASE, start=1000)), block(2, passage(2, PARKING, document=OTHER)))


def quoted(found: Citing, number: int = 0) -> str:
    each = found.cited[number]
    assert each.passage is not None
    assert each.quote_start is not None
    assert each.quote_end is not None
    return each.passage.text[each.quote_start - each.passage.start : each.quote_end - each.passage.start]


def test_mark_quotes_the_sentence_that_it_rests_on() -> None:
    answer = "You give notice ninety days before [1]. A month of parking costs 40 euros [2]."
    found = citing(answer, BLOCKS)
    assert [(each.position, each.key) for each in found.cited] == [(answer.index("1]"), 1), (answer.index("2]"), 2)]
    assert quoted(found, 0) == "Notice is given ninety days before its end."
    assert quoted(found, 1) == "Parking costs 40 euros a month."
    assert found.cited[0].quote_start == 1000 + LEASE.index("Notice")
    assert found.unsupported == 0


@pytest.mark.parametrize("marks", ["[1][2]", "[1, 2]", "[1] [2]", "[1,2]"])
def test_several_marks_rest_on_several_passages(marks: str) -> None:
    assert [each.key for each in citing(f"Dogs are welcome {marks}.", BLOCKS).cited] == [1, 2]


def test_mark_that_points_to_nothing_is_told() -> None:
    found = citing("The lease runs for nine years [7].", BLOCKS)
    assert found.unsupported == 1
    assert (found.cited[0].key, found.cited[0].passage, found.cited[0].quote_start) == (7, None, None)


@pytest.mark.parametrize("answer", ["`row[1]` is set", "```python\nrow[1]\n```", "```\nrow[1]", "[a] [1a] [] [12345]"])
def test_what_is_no_mark(answer: str) -> None:
    assert citing(answer, BLOCKS).cited == ()


def test_passages_in_one_piece_are_told_apart() -> None:
    joined = block(1, passage(1, "The quay is old."), passage(2, "The crane is new.", start=20))
    found = citing("New is the crane [1].", [joined])
    assert found.cited[0].passage == joined.passages[1]
    assert quoted(found) == "The crane is new."


def test_support_is_the_share_of_words_that_passages_have() -> None:
    assert citing("Parking costs 40 euros a month [2].", BLOCKS).support == 1.0
    assert citing("Elephants dance. Dogs are welcome.", BLOCKS).support == 0.5
    assert citing("[1]", BLOCKS).support is None


def test_flood_of_marks_is_cut() -> None:
    found = citing("Dogs are welcome [1]. " * 20_000, BLOCKS)
    assert len(found.cited) == MOST


@given(answer=st.text(alphabet="[]()123,.` \nab", max_size=200))
def test_every_citation_stands_where_it_says(answer: str) -> None:
    for each in citing(answer, BLOCKS).cited:
        assert answer[each.position :].startswith(str(each.key)) or answer[each.position] == "0"
        assert (each.passage is None) == (each.key not in (1, 2))
