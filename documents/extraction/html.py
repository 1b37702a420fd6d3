"""HTML as Markdown, without what a reader of the page would not see: scripts, styles, hidden parts."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser

from documents.errors import ExtractionFailed
from documents.extraction.limits import Limits
from documents.extraction.pieces import Pieces
from documents.plain import REPLACEMENT, decoded

UNSEEN = {"head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template"}
MAY_HIDE = {"article", "aside", "div", "section", "span"}
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "dd", "details", "div", "dl", "dt", "fieldset"),
    *("figcaption", "figure", "footer", "form", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
    *("summary", "table", "tbody", "td", "th", "thead", "tr", "ul", *HEADINGS),
}
CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
DECLARED_WITHIN = 4096
BROKEN = "\v"  # where a line was broken on purpose; the file's own line ends are spaces


def parse(data: bytes, limits: Limits) -> str:
    reading = _Reading(Pieces(limits))
    reading.feed(_text(data))
    reading.close()
    text = reading.whole()
    if not text:
        raise ExtractionFailed("no_text", "No text was found in it.")
    return text


def _text(data: bytes) -> str:
    """By the rule for all texts; where that leaves gaps, as the page itself declares."""
    text = decoded(data)
    declared = CHARSET.search(data[:DECLARED_WITHIN])
    if declared is None or (REPLACEMENT not in text and text.encode("utf-8", "replace") == data):
        return text
    try:
        return codecs.decode(data, declared[1].decode("ascii"), "replace")
    except (LookupError, ValueError, TypeError):
        return text


class _Reading(HTMLParser):
    """Keeps no tree, so that no depth of nesting costs anything."""

    def __init__(self, pieces: Pieces) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces = pieces
        self.line: list[str] = []
        self.prefix = ""
        self.preformatted = 0
        self.unseen = ""
        self.unseen_depth = 0

    def whole(self) -> str:
        self._end_block()
        return self.pieces.whole("\n\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.unseen:
            self.unseen_depth += tag == self.unseen
            return
        if tag in UNSEEN or (tag in MAY_HIDE and _hidden(dict(attrs))):
            self.unseen, self.unseen_depth = tag, 1
            return
        if tag == "br":
            self.line.append(BROKEN)
        if tag not in BLOCKS:
            return
        if tag in {"td", "th"}:
            self.line.append(" | " if self.line else "")
            return
        self._end_block()
        self.prefix = "- " if tag == "li" else HEADINGS.get(tag, "")
        self.preformatted += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if self.unseen:
            self.unseen_depth -= tag == self.unseen
            if self.unseen_depth == 0:
                self.unseen = ""
            return
        if tag in BLOCKS and tag not in {"td", "th"}:
            self._end_block()
            self.preformatted = max(0, self.preformatted - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.line.append(data.replace(BROKEN, " "))

    def _end_block(self) -> None:
        text = "".join(self.line)
        if self.preformatted:
            text = text.replace(BROKEN, "\n").strip("\n")
            text = f"```\n{text}\n```" if text.strip() else ""
        else:
            text = "\n".join(" ".join(line.split()) for line in text.split(BROKEN)).strip()
        if text:
            self.pieces.add(self.prefix + text)
        self.line, self.prefix = [], ""


def _hidden(attributes: dict[str, str | None]) -> bool:
    return "hidden" in attributes or bool(HIDDEN.search(attributes.get("style") or ""))
