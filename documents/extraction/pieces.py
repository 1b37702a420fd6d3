"""The text as it grows, and what the parent is told meanwhile."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field

from documents.errors import ExtractionFailed
from documents.extraction.limits import Limits
from documents.plain import storable, with_plain_newlines


@dataclass(slots=True)
class Pieces:
    """Parts of a text, in order. Raises ExtractionFailed as soon as they are too many characters."""

    limits: Limits
    parts: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, part: str) -> None:
        self.length += len(part)
        if self.length > self.limits.characters:
            raise ExtractionFailed(
                "too_long",
                f"Its text has more than {self.limits.characters:,} characters (LINTEL_DOCUMENT_CHARACTERS).",
            )
        self.parts.append(part)

    def whole(self, between: str) -> str:
        return with_plain_newlines(storable(between.join(self.parts))).strip()


def say(**message: object) -> None:
    """One line of JSON to the parent."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
