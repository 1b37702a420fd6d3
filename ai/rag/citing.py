"""Which passages an answer names and how far they bear it out: by words alone, which shows where to look, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ai.rag.context import Block, Passage

CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
MARK = re.compile(r"\[([0-9]{1,4}(?: ?, ?[0-9]{1,4})*)\]")
SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?!\s|\Z))+[.!?]*")
WORD = re.compile(r"\w{3,}|\d+")
MOST = 1_000
STATEMENT = 2_000  # characters before a mark in which its sentence is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """One number in square brackets. Offsets are code points: ``position`` in the answer, the quote's in the document.

    ``passage`` is None where the number is no passage's: the mark points to nothing.
    """

    position: int
    key: int
    passage: Passage | None = None
    quote_start: int | None = None
    quote_end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citing:
    """``support``: which share of the words of its sentences the passages have, 0 to 1; None without a word."""

    cited: tuple[Cited, ...]
    support: float | None

    @property
    def unsupported(self) -> int:
        return sum(each.passage is None for each in self.cited)


@dataclass(frozen=True, slots=True)
class _Quote:
    """A sentence of a passage, by its place in the document."""

    passage: Passage
    start: int
    end: int
    words: frozenset[str]


def citing(answer: str, blocks: Sequence[Block]) -> Citing:
    """Of the first MOST marks. The answer's code is no prose: ``row[1]`` there cites nothing."""
    quotes = {block.key: tuple(_quotes(block)) for block in blocks}
    prose = _prose(answer)
    cited = tuple(_cited(mark, quotes) for mark in islice(_marks(prose), MOST))
    return Citing(cited=cited, support=_support(prose, blocks))


def _prose(answer: str) -> str:
    """With its code blanked, at unchanged places."""
    return CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), answer)


@dataclass(frozen=True, slots=True)
class _Mark:
    position: int
    key: int
    words: frozenset[str]
    """Of the sentence that it closes."""


def _marks(prose: str) -> Iterator[_Mark]:
    for mark in MARK.finditer(prose):
        words = _statement(prose[max(0, mark.start() - STATEMENT) : mark.start()])
        for number in re.finditer("[0-9]+", mark[1]):
            yield _Mark(mark.start(1) + number.start(), int(number[0]), words)


def _statement(before: str) -> frozenset[str]:
    sentences = [words for found in SENTENCE.finditer(MARK.sub("", before)) if (words := _words(found[0]))]
    return sentences[-1] if sentences else frozenset()


def _quotes(block: Block) -> Iterator[_Quote]:
    for passage in block.passages:
        for found in SENTENCE.finditer(passage.text):
            if words := _words(found[0]):
                start = found.end() - len(found[0].lstrip())
                yield _Quote(passage, passage.start + start, passage.start + found.end(), words)


def _cited(mark: _Mark, quotes: Mapping[int, tuple[_Quote, ...]]) -> Cited:
    """The sentence that shares most words with the statement is what is quoted."""
    if not quotes.get(mark.key):
        return Cited(position=mark.position, key=mark.key)
    best = max(quotes[mark.key], key=lambda quote: len(mark.words & quote.words))
    return Cited(position=mark.position, key=mark.key, passage=best.passage, quote_start=best.start, quote_end=best.end)


def _support(prose: str, blocks: Sequence[Block]) -> float | None:
    known = {word for block in blocks for word in _words(block.text)}
    sentences = [words for found in SENTENCE.finditer(MARK.sub("", prose)) if (words := _words(found[0]))]
    if not sentences:
        return None
    return sum(len(words & known) / len(words) for words in sentences) / len(sentences)


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text.casefold()))
