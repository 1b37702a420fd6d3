"""Text as the chunk log can store it and readers can count it."""

from __future__ import annotations

import re
import sys
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
LAST_IS_HIGH = re.compile("[\ud800-\udbff]\\Z")
UNSTORABLE = re.compile("([\ud800-\udbff])([\udc00-\udfff])|[\ud800-\udfff\x00]")

# Format characters (zero-width, bidirectional, tags) and the selectors that stand for no glyph of their own.
HIDDEN = {
    point: None for point in range(sys.maxunicode + 1) if unicodedata.category(chr(point)) == "Cf"
} | dict.fromkeys(range(0xE0100, 0xE01F0))


def without_hidden(text: str) -> str:
    """What a person sees of it: instructions to a model are hidden in characters that people do not see."""
    return text.translate(HIDDEN)


class Sanitiser:
    """One stream's text: NUL and lone surrogates become U+FFFD, a pair split over two deltas becomes its character.

    Some servers cut JSON escapes between the halves of a pair; Postgres takes neither half, nor NUL.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        self._held = ""
        if UNSTORABLE.search(text) is None:
            return text
        if LAST_IS_HIGH.search(text):
            text, self._held = text[:-1], text[-1]
        return UNSTORABLE.sub(_replaced, text)

    def flush(self) -> str:
        """What was held back for a second half that never came."""
        rest, self._held = self._held, ""
        return REPLACEMENT if rest else ""


def _replaced(match: re.Match[str]) -> str:
    high, low = match.groups()
    if high is None:
        return REPLACEMENT
    return chr(0x10000 + ((ord(high) - 0xD800) << 10) + ord(low) - 0xDC00)
