"""What a prompt is given of what was found: the best passages that fit, neighbours in one piece, each with its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal
from uuid import UUID

from ai.tokens import estimate
from ai.types import ModelSpec

Way = Literal["vector", "words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk's text as it was indexed. ``start`` and ``end`` are its place in its document, in code points.

    ``score`` is the cosine of query and passage; None: it was not found, but stands beside one that was. ``fused`` is
    what it was ranked by, 0 for a neighbour, and ``ways`` how it was found. ``source`` is its document for the app that
    it comes from, ``version`` the one of its texts that the place is in.
    """

    chunk: UUID
    document: UUID
    position: int
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()
    title: str = ""
    source_type: str = ""
    source: UUID | None = None
    version: int = 0
    score: float | None = None
    fused: float = 0.0
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Passages of one document that follow one another, without what they share. ``key`` is what an answer cites."""

    key: int
    document: UUID
    text: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """``left_out`` passages did not fit."""

    blocks: tuple[Block, ...]
    tokens: int
    left_out: int = 0


def build_context(passages: Iterable[Passage], budget_tokens: int, *, model: ModelSpec | None = None) -> Context:
    """Best first, whole or not at all. The same passages get the same keys, in whatever order they come."""
    chosen: list[Passage] = []
    ordered = sorted({passage.chunk: passage for passage in passages}.values(), key=_merit)
    for passage in ordered:
        if _tokens([*chosen, passage], model) <= budget_tokens:
            chosen.append(passage)
    return Context(blocks=tuple(_blocks(chosen)), tokens=_tokens(chosen, model), left_out=len(ordered) - len(chosen))


def _merit(passage: Passage) -> tuple[float, UUID, int]:
    return -passage.fused, passage.document, passage.position


def _tokens(passages: Sequence[Passage], model: ModelSpec | None) -> int:
    return sum(estimate(_joined(run), model) for run in _runs(passages))


def _blocks(passages: Sequence[Passage]) -> Iterator[Block]:
    runs = sorted(_runs(passages), key=lambda run: min(map(_merit, run)))
    for key, run in enumerate(runs, start=1):
        yield block_of(key, run)


def block_of(key: int, run: Iterable[Passage]) -> Block:
    """Of passages that follow one another, in this order."""
    passages = tuple(run)
    return Block(key=key, document=passages[0].document, text=_joined(passages), passages=passages)


def _runs(passages: Sequence[Passage]) -> list[list[Passage]]:
    """Those that follow one another in their document, together."""
    ordered = sorted(passages, key=lambda passage: (passage.document, passage.position))
    steps = enumerate(ordered)
    groups = groupby(steps, key=lambda step: (step[1].document, step[1].position - step[0]))
    return [[passage for _place, passage in group] for _key, group in groups]


def _joined(run: Sequence[Passage]) -> str:
    """What a chunk repeats of the one before it is told by their places."""
    text = run[0].text
    for before, passage in pairwise(run):
        gap = passage.start - before.end
        text += passage.text[-gap:] if gap < 0 else ("\n\n" if gap else "") + passage.text
    return text
