"""What a text is cut into before passages are made of it: sections, paragraphs, sentences, as they are small enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate

from semantic_text_splitter import MarkdownSplitter, TextSplitter

UNITS_A_CHUNK = 4  # a passage has at least so many places where it may end
CHARS_PER_TOKEN = 3

Count = Callable[[Sequence[str]], Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """``rank`` compares the places before units: where a passage had better begin."""

    start: int
    end: int
    tokens: int
    rank: tuple[int, int]


def units_of(text: str, most: int, count: Count, headings: Set[int]) -> list[Unit]:
    """They follow one another without a gap, none above ``most`` tokens. ``headings`` are offsets."""
    parts = _small(list(_parts(text, most // UNITS_A_CHUNK * CHARS_PER_TOKEN)), most, count)
    starts = accumulate((len(part) for part, _tokens in parts), initial=0)
    return [
        Unit(
            start=start,
            end=start + len(part),
            tokens=tokens,
            rank=(_pause(text, start, headings), _lot(text[start : start + len(part)])),
        )
        for start, (part, tokens) in zip(starts, parts, strict=False)
    ]


def _parts(text: str, chars: int) -> list[str]:
    """A range, not a number: a part is one element as the text has it, and not as many as fit."""
    return [part for _at, part in MarkdownSplitter((1, max(chars, 1)), trim=False).chunk_indices(text)]


def _small(parts: Sequence[str], most: int, count: Count) -> list[tuple[str, int]]:
    """Characters are a guess at tokens: what is denser than guessed is cut again."""
    return [
        small for part, tokens in zip(parts, count(parts), strict=True) for small in _halved(part, tokens, most, count)
    ]


def _halved(part: str, tokens: int, most: int, count: Count) -> Iterator[tuple[str, int]]:
    if tokens <= most or len(part) < 2:
        yield part, tokens
        return
    halves = TextSplitter(-(-len(part) // 2), trim=False).chunks(part)
    for half, size in zip(halves, count(halves), strict=True):
        yield from _halved(half, size, most, count)


def _pause(text: str, at: int, headings: Set[int]) -> int:
    """How strongly the text pauses before this place: a new section, a new paragraph, a new line or sentence."""
    before = text[max(0, at - 3) : at]
    if at in headings:
        return 3
    if "\n\n" in before or "\n\r\n" in before:
        return 2
    return int(before.endswith("\n") or before.rstrip().endswith((".", "!", "?", "…", "。")))


def _lot(part: str) -> int:
    return int.from_bytes(blake2b(part.strip().encode(), digest_size=4).digest(), "big")
