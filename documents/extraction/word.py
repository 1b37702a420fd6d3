"""Word documents (docx) as Markdown: headings, lists, tables. What was deleted with tracked changes stays deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from docx import Document as open_document
from docx.oxml.ns import qn

from documents.errors import ExtractionFailed
from documents.extraction import archive
from documents.extraction.limits import Limits
from documents.extraction.pieces import Pieces

PARAGRAPH, TABLE, ROW, CELL = (qn(f"w:{name}") for name in ("p", "tbl", "tr", "tc"))
TEXT, TAB, BREAK = (qn(f"w:{name}") for name in ("t", "tab", "br"))
NUMBERED = qn("w:numPr")
DRAWN_AGAIN = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
PREFIXES = (("title", "# "), ("list bullet", "- "), ("list number", "1. "))

Element = Any  # of lxml, by way of a library without types


def parse(data: bytes, limits: Limits) -> str:
    archive.check(data, limits)
    document = open_document(BytesIO(data))
    prefixes = {style.style_id: _prefix(style) for style in document.styles if style.style_id}
    pieces = Pieces(limits)
    for block in _blocks(document.element.body, prefixes):
        pieces.add(block)
    text = pieces.whole("\n\n")
    if not text:
        raise ExtractionFailed("no_text", "No text was found in it.")
    return text


def _prefix(style: Any) -> str:
    """What Markdown puts before a paragraph of this style, or of one that it is based on."""
    for _step in range(5):
        name = (getattr(style, "name", None) or "").lower()
        if found := HEADING.match(name):
            return "#" * min(int(found[1]), 6) + " "
        for beginning, prefix in PREFIXES:
            if name.startswith(beginning):
                return prefix
        style = getattr(style, "base_style", None)
        if style is None:
            break
    return ""


def _blocks(element: Element, prefixes: dict[str, str]) -> Iterator[str]:
    """Paragraphs and tables, also of those inside of controls and tracked insertions."""
    for child in element:
        if child.tag == PARAGRAPH:
            if line := _paragraph(child, prefixes):
                yield line
        elif child.tag == TABLE:
            yield _table(child)
        elif child.tag != DRAWN_AGAIN:
            yield from _blocks(child, prefixes)


def _paragraph(element: Element, prefixes: dict[str, str]) -> str:
    text = "".join(_words(element)).strip()
    if not text:
        return ""
    prefix = prefixes.get(element.style or "", "")
    if not prefix and next(element.iter(NUMBERED), None) is not None:
        prefix = "- "
    return prefix + (" ".join(text.split()) if prefix.startswith("#") else text)


def _words(element: Element) -> Iterator[str]:
    for child in element:
        if child.tag == TEXT:
            yield child.text or ""
        elif child.tag == TAB:
            yield "\t"
        elif child.tag == BREAK:
            yield "\n"
        elif child.tag != DRAWN_AGAIN:
            yield from _words(child)


def _table(element: Element) -> str:
    rows = [[_cell(cell) for cell in _nearest(row, CELL)] for row in _nearest(element, ROW)]
    lines = [f"| {' | '.join(cells)} |" for cells in rows if cells]
    if len(lines) > 1:
        lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _nearest(element: Element, tag: str) -> Iterator[Element]:
    """A table within a cell is part of the cell."""
    for child in element:
        if child.tag == tag:
            yield child
        else:
            yield from _nearest(child, tag)


def _cell(element: Element) -> str:
    return " ".join("".join(_words(element)).split()).replace("|", "\\|")
