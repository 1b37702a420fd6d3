"""What a reviewer changed in a text, as pieces that stayed, went and came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

WORD = re.compile(r"\s+|\S+")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
MOST = 4_000  # tokens of both texts that are compared: the time grows with their product

Kind = Literal["same", "gone", "new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    kind: Kind
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """By words where there are few enough, else by lines, else as a whole; what both share at the ends is left out."""
    head = len(_shared(before, after))
    tail = len(_shared(before[head:][::-1], after[head:][::-1]))
    middle = _compare(before[head : len(before) - tail], after[head : len(after) - tail])
    pieces = [
        Piece(kind="same", text=before[:head]),
        *middle,
        Piece(kind="same", text=before[len(before) - tail :] if tail else ""),
    ]
    return [piece for piece in pieces if piece.text]


def _shared(before: str, after: str) -> str:
    """The beginning that both have, up to a space: a word that was changed is compared whole."""
    if before == after:
        return before
    pairs = enumerate(zip(before, after, strict=False))
    length = next((place for place, (old, new) in pairs if old != new), min(len(before), len(after)))
    shared = before[:length]
    return shared[: max(shared.rfind(" "), shared.rfind("\n")) + 1]


def _compare(before: str, after: str) -> Iterator[Piece]:
    for unit in (WORD, LINE):
        old, new = unit.findall(before), unit.findall(after)
        if len(old) + len(new) <= MOST:
            return _pieces(old, new)
    return _pieces([before], [after])


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for operation, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if operation == "equal":
            yield Piece(kind="same", text="".join(old[a:b]))
            continue
        yield Piece(kind="gone", text="".join(old[a:b]))
        yield Piece(kind="new", text="".join(new[c:d]))
