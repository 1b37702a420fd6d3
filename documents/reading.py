"""The text of a version: from where it is kept, else out of its bytes, once."""

from __future__ import annotations

from documents import contents
from documents.extraction.extract import Progress, extract
from documents.models import DocumentVersion
from documents.plain import decoded, with_plain_newlines


def known(version: DocumentVersion) -> str | None:
    """Without reading a file: None where nobody has done that yet."""
    if version.kind == DocumentVersion.Kind.TEXT:
        return _typed(version)
    return contents.text_of(version)


def _typed(version: DocumentVersion) -> str:
    return with_plain_newlines(decoded(contents.bytes_of(version)))


def read(version: DocumentVersion, *, progress: Progress | None = None) -> str:
    """Raises ExtractionFailed. It may take minutes, so call it in a worker, and inside of no transaction."""
    known = contents.text_of(version)
    if known is not None:
        return known
    if version.kind == DocumentVersion.Kind.TEXT:
        text = _typed(version)
    else:
        text = extract(contents.bytes_of(version), version.content_type, progress=progress)
    contents.store_text(version, text)
    return text
