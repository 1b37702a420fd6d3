"""Text out of bytes, and text as it can be stored.

The rule: a byte order mark decides; without one it is UTF-8. Where that fails and no character of several bytes stands
in it, it is Windows-1252; else each byte that is no UTF-8 becomes U+FFFD. So do NUL and lone surrogates, whatever they
come out of.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

REPLACEMENT = "\ufffd"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
BEYOND_ASCII = re.compile(f"[^\x00-\x7f{REPLACEMENT}]")


def decoded(data: bytes) -> str:
    return storable(_text(data))


def storable(text: str) -> str:
    return UNSTORABLE.sub(REPLACEMENT, text)


def with_plain_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(data: bytes) -> str:
    if data.startswith(BOM_UTF8):
        return data[len(BOM_UTF8) :].decode("utf-8", "replace")
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    text = data.decode("utf-8", "replace")
    if REPLACEMENT in text and not BEYOND_ASCII.search(text):
        return data.decode("cp1252", "replace")
    return text
