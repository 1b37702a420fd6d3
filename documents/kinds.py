"""What a file is, by its content: its name says nothing, nor does the type that its sender declares."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE

import puremagic

from documents.errors import FieldInvalid, UnknownType
from documents.plain import decoded

TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

READ = "Text, Markdown, HTML, PDF and Word (docx) are read here"

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
BODY_OF_DOCX = b"word/document.xml"
# Written in letters, and no text to anybody.
LETTERS_ONLY = (b"{\\rtf", b"%!PS")
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
MOST_CONTROLS = 0.001
LOOK = 64 * 1024

# Strangers' texts are matched in the web process: nothing here may look twice at a character.
HTML_BEGINS = re.compile(r"<(!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
LOOKS_LIKE_MARKDOWN = re.compile(r"^(#{1,6}[ \t]+\S|```|~~~)|\[[^\[\]\n]{1,200}\]\([^()\n]{1,500}\)", re.MULTILINE)


def content_type_of(data: bytes, *, pointer: str = "/file") -> str:
    """One of the types that are read; raises FieldInvalid for nothing at all, UnknownType for anything else."""
    if not data:
        raise FieldInvalid("The file is empty.", pointer=pointer)
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(ZIP):
        if BODY_OF_DOCX in data:
            return DOCX
        raise UnknownType(f"This is an archive without a Word document in it. {READ}.", pointer=pointer)
    if not _is_text(data):
        raise UnknownType(f"This is {_called(data)}. {READ}.", pointer=pointer)
    return _kind_of_text(decoded(data[:LOOK]))


def _is_text(data: bytes) -> bool:
    if data.startswith(LETTERS_ONLY):
        return False
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and not data.startswith(BOM_UTF32_LE):
        return True
    controls = len(data) - len(data.translate(None, CONTROLS))
    return controls <= len(data) * MOST_CONTROLS


def _kind_of_text(text: str) -> str:
    if HTML_BEGINS.match(_without_prologue(text)):
        return HTML
    return MARKDOWN if LOOKS_LIKE_MARKDOWN.search(text) else TEXT


def _without_prologue(text: str) -> str:
    """Without an XML declaration and comments before the first element."""
    text = text.lstrip()
    for opening, closing in (("<?xml", "?>"), *[("<!--", "-->")] * 5):
        if text.startswith(opening):
            text = text.partition(closing)[2].lstrip()
    return text


def _called(data: bytes) -> str:
    """For the sentence alone; nothing is decided by it."""
    try:
        found = puremagic.from_string(data[:LOOK], mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    return f"a file of type {found}" if found else "no file of a known type"
