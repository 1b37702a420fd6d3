"""Text as the chunk log can store it and readers can count it."""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
LAST_IS_HIGH = re.compile("[\ud800-\udbff]\\Z")
UNSTORABLE = re.compile("([\ud800-\udbff])([\udc00-\udfff])|[\ud800-\udfff\x00]")


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
