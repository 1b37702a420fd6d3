"""An archive, looked through before a parser may have it: all is unpacked once, counted and thrown away."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml.sax import ContentHandler
from zipfile import BadZipFile, ZipFile

from defusedxml import sax
from defusedxml.common import DefusedXmlException

from documents.errors import ExtractionFailed
from documents.extraction.limits import Limits

MOST_ENTRIES = 5_000
DEEPEST = 200
ALLOWANCE = 1024 * 1024
"""Small files pack well without meaning harm."""
STEP = 64 * 1024
XML = (".xml", ".rels")


class _Depth(ContentHandler):
    """Deep nesting costs whoever builds a tree of it his stack."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0

    def startElement(self, name: str, attrs: Any) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExtractionFailed("too_complex", f"Its parts are nested more than {DEEPEST} deep.")

    def endElement(self, name: str) -> None:
        self.depth -= 1


def check(data: bytes, limits: Limits) -> None:
    """Raises ExtractionFailed. What headers say of sizes is not believed: what comes out is counted."""
    room = limits.ratio * len(data) + ALLOWANCE
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise ExtractionFailed("too_complex", f"It holds more than {MOST_ENTRIES:,} parts.")
            for entry in entries:
                room -= _look_through(archive, entry, room, limits)
    except (BadZipFile, EOFError, NotImplementedError):  # the last: a way of packing that no document uses
        raise ExtractionFailed("unreadable", "Its archive is damaged.") from None


def _look_through(archive: ZipFile, entry: Any, room: int, limits: Limits) -> int:
    """How many bytes came out of it."""
    if entry.flag_bits & 1:
        raise ExtractionFailed("encrypted", "It is encrypted with a password; store it without one.")
    is_xml = entry.filename.lower().endswith(XML)
    kept, unpacked = bytearray(), 0
    with archive.open(entry) as part:
        while step := part.read(STEP):
            unpacked += len(step)
            if unpacked > room:
                raise ExtractionFailed(
                    "too_large_unpacked",
                    f"It unpacks to more than {limits.ratio} times its size (LINTEL_DOCUMENT_RATIO).",
                )
            if is_xml:
                kept += step
    if is_xml:
        _check_xml(bytes(kept))
    return unpacked


def _check_xml(text: bytes) -> None:
    try:
        sax.parseString(text, _Depth(), forbid_dtd=True)
    except DefusedXmlException:
        raise ExtractionFailed("unreadable", "It declares entities of its own, as no document does.") from None
