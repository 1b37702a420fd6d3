"""PDF, page by page."""

from __future__ import annotations

from io import BytesIO
from itertools import count

from pypdf import PdfReader
from pypdf.errors import LimitReachedError
from pypdf.generic import DictionaryObject

from documents.errors import ExtractionFailed
from documents.extraction.limits import Limits
from documents.extraction.pieces import Pieces, say


def parse(data: bytes, limits: Limits) -> str:
    reader = PdfReader(BytesIO(data), strict=False)
    if reader.is_encrypted and not _opens_without_password(reader):
        raise ExtractionFailed("encrypted", "It is encrypted with a password; store it without one.")
    _check(_declared_pages(reader), limits)
    try:
        return _text_of_pages(reader, limits)
    except LimitReachedError:
        raise ExtractionFailed("too_complex", "A part of it unpacks to far more than its size.") from None


def _text_of_pages(reader: PdfReader, limits: Limits) -> str:
    pieces, pages = Pieces(limits), len(reader.pages)
    _check(pages, limits)
    for number, page in zip(count(1), reader.pages, strict=False):
        pieces.add(page.extract_text().strip())
        say(done=number, of=pages)
    text = pieces.whole("\n\n")
    if not text:
        raise ExtractionFailed("no_text", "No text was found in it; pages that were scanned have none.")
    return text


def _opens_without_password(reader: PdfReader) -> bool:
    """Many files are encrypted against changes only."""
    try:
        return bool(reader.decrypt(""))
    except Exception:  # a cipher that is not known here
        return False


def _declared_pages(reader: PdfReader) -> int:
    """What the file says of itself: cheap to ask before the pages are looked for, and not believed."""
    pages = reader.root_object["/Pages"].get_object()
    declared = pages.get("/Count", 0) if isinstance(pages, DictionaryObject) else 0
    return int(declared) if isinstance(declared, int) else 0


def _check(pages: int, limits: Limits) -> None:
    if pages > limits.pages:
        raise ExtractionFailed(
            "too_many_pages", f"It has {pages:,} pages; at most {limits.pages:,} are read (LINTEL_DOCUMENT_PAGES)."
        )
