"""The bytes and the text of versions: the only reader and writer of their tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Length

from accounts.models import User
from documents.models import Document, DocumentContent, DocumentText, DocumentVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a new version holds. ``content_type`` was found by looking at the bytes."""

    kind: str
    data: bytes
    content_type: str
    filename: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def current(document: Document) -> DocumentVersion:
    return DocumentVersion.objects.get(document=document, number=document.version)


def current_of(documents: Iterable[Document]) -> dict[UUID, DocumentVersion]:
    """By the document's key."""
    wanted = reduce(or_, (Q(document=each, number=each.version) for each in documents), Q(pk=None))
    return {version.document_id: version for version in DocumentVersion.objects.filter(wanted)}


def bytes_of(version: DocumentVersion) -> bytes:
    data = DocumentContent.objects.values_list("data", flat=True).get(pk=version.content_id)
    return bytes(data)


def text_of(version: DocumentVersion) -> str | None:
    """As it was extracted; None while nobody has done that."""
    return DocumentText.objects.filter(pk=version.content_id).values_list("text", flat=True).first()


def store_text(version: DocumentVersion, text: str) -> None:
    """Once: whoever has extracted the same bytes meanwhile was as right. Nothing, where the document is gone."""
    with transaction.atomic():
        there = DocumentContent.objects.select_for_update(no_key=True).filter(pk=version.content_id)
        rows = [DocumentText(content_id=key, text=text) for key in there.values_list("pk", flat=True)]
        DocumentText.objects.bulk_create(rows, ignore_conflicts=True)


def append(document: Document, content: Content, *, number: int, by: User) -> DocumentVersion:
    """A version with new content. Whoever calls has locked the document, or is just making it."""
    return DocumentVersion.objects.create(
        document=document,
        number=number,
        kind=content.kind,
        filename=content.filename,
        content_type=content.content_type,
        size=len(content.data),
        sha256=content.sha256,
        content_id=_kept(document, content),
        created_by=by,
    )


def append_again(version: DocumentVersion, *, number: int, by: User) -> DocumentVersion:
    """A version with the content of an earlier one."""
    names = ("document_id", "kind", "filename", "content_type", "size", "sha256", "content_id")
    same = {name: getattr(version, name) for name in names}
    return DocumentVersion.objects.create(**same, number=number, restored_from=version.number, created_by=by)


def stored_bytes(user: User) -> int:
    """Of all documents of the user. Lengths of what is stored out of line are known without reading it."""
    owned = Document.objects.owned_by(user).values("pk")
    found = DocumentContent.objects.filter(document__in=owned).aggregate(total=Sum(Length(F("data"))))
    return found["total"] or 0


def _kept(document: Document, content: Content) -> UUID:
    """The key of these bytes; they are stored where the document does not have them yet."""
    name = {"document": document, "sha256": content.sha256, "content_type": content.content_type}
    known = DocumentContent.objects.filter(**name).values_list("pk", flat=True).first()
    return known or DocumentContent.objects.create(**name, data=content.data).pk
