"""From a text to the passages that are indexed: bounded in tokens, cut where the text pauses, each at its offsets.

Where a passage ends depends on what stands around its end and not on all that came before: of the places in reach the
strongest pause wins, and of equal ones the lowest hash of what follows. So an edit moves the cuts around it, and those
further on fall where they fell before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from ai.rag.units import Unit, units_of

LONGEST_HEADINGS = 160  # characters, of all headings above a passage
FENCE = re.compile(r" {0,3}(```|~~~)")
HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*\s+|\n+")  # noqa: RUF001 - full stops of other scripts
BLANK = re.compile(r"\s+")
OVERLAP_CHARS = 4  # a token's, in common text

Count = Callable[[Sequence[str]], Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """In tokens. ``most`` is what a passage may have with its overlap and the headings above it."""

    most: int

    @property
    def overlap(self) -> int:
        return self.most // 10

    @property
    def own(self) -> int:
        """Of the text that is new in a passage."""
        return self.most - self.overlap - self.most // 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """``text`` is the source's from ``start`` to ``end``, in code points; up to ``fresh`` the one before has it too."""

    start: int
    fresh: int
    end: int
    text: str
    heading_path: tuple[str, ...] = ()
    tokens: int = 0

    @property
    def embedded(self) -> str:
        """What the model is given: without the headings above it a passage often does not say what it is about."""
        return "\n".join([" > ".join(self.heading_path), self.text] if self.heading_path else [self.text])

    @property
    def content_hash(self) -> str:
        return sha256(json.dumps([self.heading_path, self.text]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    start: int
    level: int
    text: str


def pieces(text: str, sizes: Sizes, count: Count) -> list[Piece]:
    """``count`` says how many tokens each of some texts has. Together the pieces have all of the text but blanks."""
    headings = list(headings_of(text))
    units = units_of(text, sizes.own, count, {heading.start for heading in headings})
    bare = [piece for span in _spans(units, sizes.own) if (piece := _trimmed(text, *span))]
    whole = [_with_context(text, piece, before, headings, sizes) for before, piece in _in_pairs(bare)]
    return list(_counted(bare, whole, sizes, count))


def headings_of(text: str) -> Iterator[Heading]:
    """Markdown's headings with marks in front, outside of fenced code."""
    start, fence = 0, ""
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line)
        if mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        elif not fence and (found := HEADING.match(line.rstrip("\r\n"))):
            yield Heading(start=start, level=len(found[1]), text=found[2])
        start += len(line)


def _spans(units: Sequence[Unit], most: int) -> Iterator[tuple[int, int]]:
    """Offsets of what is new in each passage."""
    first = 0
    while first < len(units):
        last = _cut(units, first, most)
        yield units[first].start, units[last - 1].end
        first = last


def _cut(units: Sequence[Unit], first: int, most: int) -> int:
    """The number of the unit with which the next passage begins: the best of those that leave this one half full."""
    size, last, best = units[first].tokens, first + 1, 0
    while last < len(units) and size + units[last].tokens <= most:
        if size >= most // 2 and (not best or units[last].rank > units[best].rank):
            best = last
        size += units[last].tokens
        last += 1
    if last == len(units):
        return last
    return last if not best or units[last].rank > units[best].rank else best


def _trimmed(text: str, start: int, end: int) -> Piece | None:
    """None where there is nothing but blanks."""
    body = text[start:end]
    begin = end - len(body.lstrip())
    words = body.strip()
    return Piece(start=begin, fresh=begin, end=begin + len(words), text=words) if words else None


def _in_pairs(bare: Sequence[Piece]) -> Iterator[tuple[Piece | None, Piece]]:
    return zip([None, *bare], bare, strict=False)


def _with_context(text: str, piece: Piece, before: Piece | None, headings: Sequence[Heading], sizes: Sizes) -> Piece:
    """With the last sentences of the passage before it, unless it begins a section; and the headings above it."""
    path = _path(headings, piece.fresh)
    opens = any(heading.start == piece.fresh for heading in headings)
    start = piece.fresh if before is None or opens else _overlap(text, before, piece.fresh, sizes.overlap)
    return replace(piece, start=start, text=text[start : piece.end], heading_path=path)


def _overlap(text: str, before: Piece, fresh: int, tokens: int) -> int:
    """Where the overlap begins: behind the first end of a sentence, else of a word, that is near enough."""
    least = max(before.fresh, fresh - tokens * OVERLAP_CHARS)
    tail = text[least : before.end]
    for end in (SENTENCE_END, BLANK):
        if (found := end.search(tail)) and found.end() < len(tail):
            return least + found.end()
    return fresh


def _path(headings: Sequence[Heading], at: int) -> tuple[str, ...]:
    """The headings that stand above this place, the outermost first; where they are too long, the innermost stay."""
    above: list[Heading] = []
    for heading in headings:
        if heading.start >= at:
            break
        above = [*(outer for outer in above if outer.level < heading.level), heading]
    named = [heading.text[:LONGEST_HEADINGS] for heading in above if heading.text]
    while len(" > ".join(named)) > LONGEST_HEADINGS:
        del named[0]
    return tuple(named)


def _counted(bare: Sequence[Piece], whole: Sequence[Piece], sizes: Sizes, count: Count) -> Iterator[Piece]:
    """Text that is dense in tokens goes without its overlap, or even its headings: its own words come first."""
    tokens = count([piece.embedded for piece in whole])
    for plain, piece, number in zip(bare, whole, tokens, strict=True):
        kept = piece
        for kept in (piece, replace(plain, heading_path=piece.heading_path), plain):
            number = number if kept is piece else count([kept.embedded])[0]
            if number <= sizes.most:
                break
        yield replace(kept, tokens=number)
