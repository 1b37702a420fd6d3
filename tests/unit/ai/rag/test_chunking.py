"""Passages: nothing lost, nothing too long, each where it says it is, and an edit moves few of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ai.rag.chunking import Piece, Sizes, pieces

SIZES = Sizes(most=40)


def words(texts: Sequence[str]) -> list[int]:
    """A token a word, and one for every third character of long ones."""
    return [sum(1 + len(word) // 8 for word in re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def cut(text: str, most: int = 40) -> list[Piece]:
    return pieces(text, Sizes(most=most), words)


LAID = [f"Paragraph {n} says that stone number {n} was laid. It took {n} days of work." for n in range(40)]
TIDES = [f"On day {n} the tide rose by {n} feet. Nobody had seen the like." for n in range(40)]
TEXT = "\n\n".join(["# The quay", *LAID, "## Tides", *TIDES])
BITS = [
    *("# One\n", "## Two\n\n", "- an item\n", "```\ncode # no\n```\n", "| a | b |\n"),
    *("Some words here. ", "More of them! ", "naïve café? ", "日本語の文。", "🦊", "e\u0301", "x" * 90),
    *("\n\n", "\n", "\u00a0", " ", "\t", "\r\n"),
]
WRITTEN = st.lists(st.sampled_from(BITS), max_size=60).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(WRITTEN, st.text(max_size=400)))
def test_joined_without_overlap_they_are_the_text(text: str) -> None:
    cuts = cut(text)
    at = 0
    for piece in cuts:
        assert piece.text == text[piece.start : piece.end]
        assert piece.start <= piece.fresh < piece.end
        assert at <= piece.fresh
        assert not text[at : piece.fresh].strip()
        at = piece.end
    assert not text[at:].strip()


@settings(max_examples=200, deadline=None)
@given(WRITTEN)
def test_none_is_longer_than_the_window(text: str) -> None:
    for piece in cut(text):
        assert piece.tokens == words([piece.embedded])[0] <= 40


def test_an_edit_moves_two_or_three() -> None:
    """Of each paragraph in turn: the passage that holds it, and the overlap or the cut behind it."""
    before = {piece.content_hash for piece in cut(TEXT)}
    assert len(before) > 25
    changed = []
    for paragraph in re.findall(r"Paragraph .*", TEXT):
        edited = TEXT.replace(paragraph, paragraph + " The mason was pleased with it.")
        changed.append(sum(piece.content_hash not in before for piece in cut(edited)))
    changed.sort()
    assert changed[len(changed) // 2] <= 3
    assert changed[-1] <= 8


BOOK = """# Book

In front.

## First

### Deep

Down here.

## Second ##

```
# no heading
```

At last.
"""


def test_a_passage_knows_the_headings_above_it() -> None:
    cuts = cut(BOOK, most=14)
    above = {end: piece.heading_path for end in ("front.", "here.", "last.") for piece in cuts if end in piece.text}
    assert above["front."] == ()
    assert above["here."] in [("Book",), ("Book", "First"), ("Book", "First", "Deep")]
    assert above["last."] == ("Book", "Second")


def test_overlap_begins_a_sentence() -> None:
    first, second, *_ = cut("\n\n".join(f"The {n} is one. It has a tail." for n in range(30)), most=60)
    assert second.start < second.fresh < first.end + 4
    assert second.text.startswith(("The ", "It has"))


def test_a_new_section_has_no_overlap() -> None:
    assert all(piece.start == piece.fresh for piece in cut(TEXT) if piece.text.startswith("#"))


def test_blank_text_has_none() -> None:
    assert cut(" \n\t ") == []
