"""Questions with the words that answer them: one JSON object a line, `{"question", "document", "quote"}`.

``document`` is a title, ``quote`` words of it as they stand there. A question without both has no answer, and the
right thing to find for it is nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai.errors import FileBroken, FileProblem

HANDBOOK = Path(__file__).parent / "handbook.jsonl"
KEYS = {"question", "document", "quote"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    question: str
    document: str = ""
    quote: str = ""

    @property
    def answerable(self) -> bool:
        return bool(self.quote)

    def answered_by(self, *, title: str, text: str) -> bool:
        """Line breaks and runs of blanks aside."""
        return self.answerable and title == self.document and _plain(self.quote) in _plain(text)


def read_labels(file: Path) -> list[Label]:
    """Raises FileBroken."""
    lines = file.read_text(encoding="utf-8").splitlines()
    found = [(number, _label(line)) for number, line in enumerate(lines, start=1) if line.strip()]
    wrong = [FileProblem(file=str(file), line=number, detail=each) for number, each in found if isinstance(each, str)]
    if wrong or not found:
        raise FileBroken(wrong or [FileProblem(file=str(file), line=1, detail="no questions")])
    return [each for _number, each in found if isinstance(each, Label)]


def _label(line: str) -> Label | str:
    """Or what is wrong with it."""
    try:
        told: Any = json.loads(line)
    except ValueError:
        return "not JSON"
    if not isinstance(told, dict) or not told.get("question") or not set(told) <= KEYS:
        return f"not an object with a question and no other keys than {', '.join(sorted(KEYS))}"
    if not all(isinstance(value, str) for value in told.values()):
        return "a value is not text"
    if bool(told.get("document")) != bool(told.get("quote")):
        return "a document and a quote go together"
    return Label(**told)


def documents_beside(file: Path) -> dict[str, str]:
    """The texts of the folder that has the file's name, by theirs; none where there is no such folder."""
    folder = file.with_suffix("")
    return {each.name: each.read_text(encoding="utf-8") for each in sorted(folder.glob("*.md"))}


def without_answer(labels: Sequence[Label], texts: dict[str, str]) -> list[str]:
    """Which labels' words are not in their documents."""
    return [
        label.question
        for label in labels
        if label.answerable and not label.answered_by(title=label.document, text=texts.get(label.document, ""))
    ]


def _plain(text: str) -> str:
    return " ".join(text.split())
