"""What people say of a document, as it can be stored; and contents out of texts and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from documents import kinds
from documents.contents import Content
from documents.errors import FieldInvalid, TooLarge
from documents.models import LONGEST_NAME, LONGEST_TITLE, LONGEST_URL, DocumentVersion

# Also what turns the direction of writing around: a name is shown beside others.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def title(text: str) -> str:
    shown = UNSEEN.sub(" ", text).strip()
    if not shown:
        raise FieldInvalid("A document has a title.", pointer="/title")
    if len(shown) > LONGEST_TITLE:
        raise FieldInvalid(f"has more than {LONGEST_TITLE} characters", pointer="/title")
    return shown


def source_url(text: str) -> str:
    """It is shown as a link and never fetched."""
    address = text.strip()
    if not address:
        return ""
    if len(address) > LONGEST_URL:
        raise FieldInvalid(f"has more than {LONGEST_URL} characters", pointer="/source_url")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        usable = False
    if not usable or UNSEEN.search(address) or " " in address:
        raise FieldInvalid("is no address that begins with http:// or https://", pointer="/source_url")
    return address


def filename(declared: str) -> str:
    """The last part of what its sender calls it."""
    last = re.split(r"[\\/]", declared)[-1]
    return UNSEEN.sub("", last).strip()[-LONGEST_NAME:]


def title_of_file(name: str) -> str:
    stem = name.rpartition(".")[0] or name
    return stem[:LONGEST_TITLE]


def of_text(text: str) -> Content:
    """Markdown, whatever it looks like: nobody who types expects to see tags vanish."""
    data = text.encode("utf-8", "replace")
    if not text.strip():
        raise FieldInvalid("The text is empty.", pointer="/text")
    check_size(len(data), "/text")
    return Content(kind=DocumentVersion.Kind.TEXT, data=data, content_type=kinds.MARKDOWN)


def of_file(name: str, data: bytes) -> Content:
    """Raises FieldInvalid, TooLarge, UnknownType."""
    check_size(len(data), "/file")
    found = kinds.content_type_of(data)
    return Content(kind=DocumentVersion.Kind.FILE, data=data, content_type=found, filename=filename(name) or "file")


def check_size(size: int, pointer: str) -> None:
    """Raises TooLarge."""
    most = settings.LINTEL_DOCUMENT_BYTES
    if size > most:
        raise TooLarge(f"has {size:,} bytes; at most {most:,} are stored (LINTEL_DOCUMENT_BYTES)", pointer=pointer)


CLEAN: dict[str, Callable[[Any], Any]] = {"title": title, "source_url": source_url}
