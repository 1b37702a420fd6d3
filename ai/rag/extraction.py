"""Where the texts come from: the index knows no document's app. The composition root says who reads (config.wiring)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from ai.errors import AIError, ConfigurationError

Progress = Callable[[int, int], None]
"""What is done, and of how much."""


class ExtractionFailed(AIError):
    """This version has no text that can be had; ``code`` and the sentence are shown to its owner.

    ``passing``: trying again may help.
    """

    def __init__(self, code: str, message: str, *, passing: bool = False) -> None:
        self.code, self.passing = code, passing
        super().__init__(message)


class Extractor(Protocol):
    def __call__(self, source: UUID, version: int, *, progress: Progress) -> str:
        """One version's text, Markdown or plain. Raises ExtractionFailed. Keeps its own limits of time and memory."""
        ...


_extractors: dict[str, Extractor] = {}


def install(source_type: str, extractor: Extractor) -> None:
    _extractors[source_type] = extractor


def extractor_of(source_type: str) -> Extractor:
    if source_type not in _extractors:
        raise ConfigurationError(f"Nobody reads sources of the type {source_type!r} (config.wiring).")
    return _extractors[source_type]
