from __future__ import annotations

import pytest

from requests_app.pages.difference import MOST, Piece, difference


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in difference(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("One two.", "One two.", [("same", "One two.")]),
        ("One two three.", "One 2 three.", [("same", "One "), ("gone", "two"), ("new", "2"), ("same", " three.")]),
        ("One.", "One. Two.", [("same", "One."), ("new", " Two.")]),
        ("", "One.", [("new", "One.")]),
        ("One.", "", [("gone", "One.")]),
    ],
)
def test_words_that_stayed_went_and_came(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    assert told(before, after) == pieces


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a b\nc\n\n d  e", "a\nb c\n\n\td e"),
        ("word " * MOST, "other " * MOST),
        ("line\n" * MOST, "line\nother\n" * MOST),
        ("x" * 500_000, "y" * 500_000),
    ],
)
def test_both_texts_can_be_put_together_again(before: str, after: str) -> None:
    pieces: list[Piece] = difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after
