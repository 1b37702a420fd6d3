"""The examples of a document, as they stand in it."""

from __future__ import annotations

import re
from pathlib import Path

from config.local.home import REPOSITORY

NAMED = re.compile(r"^`(?P<path>[\w/]+\.py)`\n```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def write_files(document: str, place: Path) -> list[str]:
    """Write the code blocks that have a file's name above them; returns the names."""
    found = {match["path"]: match["code"] for match in NAMED.finditer(text_of(document))}
    for path, code in found.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(code)
    return list(found)


def blocks(document: str, language: str) -> list[str]:
    return [match["code"] for match in BLOCK.finditer(text_of(document)) if match["language"] == language]


def text_of(document: str) -> str:
    return (REPOSITORY / "docs" / document).read_text()
