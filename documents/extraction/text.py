"""Plain text and Markdown: as they are."""

from __future__ import annotations

from documents.extraction.limits import Limits
from documents.extraction.pieces import Pieces
from documents.plain import decoded


def parse(data: bytes, limits: Limits) -> str:
    pieces = Pieces(limits)
    pieces.add(decoded(data))
    return pieces.whole("")
