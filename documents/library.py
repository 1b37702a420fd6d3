"""Make, change, restore and delete documents: one commit each, with what others stage on hearing of it.

Whoever may not see a document is told that there is none. Versions of one document are numbered under its row's lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Team, User
from documents import contents, fields, keys
from documents.contents import Content
from documents.errors import NoSuchDocument, NotTheOwner, TooLarge, TooManyDocuments, VersionConflict
from documents.keys import Key
from documents.models import Document, DocumentVersion, Visibility

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document that is to be. ``title`` may be left to the file's name; ``team`` None is the personal one."""

    content: Content
    title: str = ""
    source_url: str = ""
    visibility: str = Visibility.PRIVATE
    team: Team | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    document: Document
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be otherwise: fields of the document, and a content where there is a new one.

    With ``base``, the number of the version that was changed, whoever was slower is refused.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    content: Content | None = None
    base: int | None = None


def create(user: User, draft: Draft, key: Key | None = None) -> Stored:
    """Raises FieldInvalid, TooLarge, TooManyDocuments, KeyReused, KeyBusy."""
    document = Document(
        owner=user,
        team_id=draft.team.pk if draft.team else user.personal_team_id,
        title=fields.title(draft.title or fields.title_of_file(draft.content.filename)),
        source_url=fields.source_url(draft.source_url),
        visibility=draft.visibility,
    )
    with transaction.atomic():
        earlier = keys.take(user, key, document.pk) if key else None
        if earlier is not None:
            return Stored(document=earlier, replayed=True)
        _check_room(user, draft.content)
        # The version first: who hears of the document finds it whole. Its foreign key is looked at by the commit.
        contents.append(document, draft.content, number=1, by=user)
        document.save(force_insert=True)
    return Stored(document=document)


@transaction.atomic
def edit(user: User, document_id: UUID, changes: Changes) -> Document:
    """Raises NoSuchDocument, NotTheOwner, VersionConflict, FieldInvalid, TooLarge, TooManyDocuments."""
    document = _locked(user, document_id)
    if changes.base is not None and changes.base != document.version:
        raise VersionConflict(f"Version {document.version} was stored meanwhile.", pointer="/base_version")
    for name, value in changes.fields.items():
        setattr(document, name, fields.CLEAN.get(name, _same)(value))
    if changes.content is not None and not _has_already(document, changes.content):
        _check_room(user, changes.content)
        document.version += 1
        contents.append(document, changes.content, number=document.version, by=user)
    document.save()
    return document


@transaction.atomic
def restore(user: User, document_id: UUID, number: int) -> Document:
    """Make an earlier content the current one again, as a version of its own. Raises as ``edit`` does."""
    document = _locked(user, document_id)
    version = DocumentVersion.objects.filter(document=document, number=number).first()
    if version is None:
        raise NoSuchDocument("This document has no such version.")
    if number != document.version:
        _check_pace(user)
        document.version += 1
        contents.append_again(version, number=document.version, by=user)
        document.save()
    return document


@transaction.atomic
def delete(user: User, document_id: UUID) -> None:
    """It is gone at once, with its versions. Raises NoSuchDocument, NotTheOwner."""
    _locked(user, document_id).delete()


def find(user: User, document_id: UUID) -> Document:
    """Raises NoSuchDocument."""
    found = Document.objects.visible_to(user).select_related("owner", "team").filter(pk=document_id).first()
    if found is None:
        raise NoSuchDocument("There is no such document.")
    return found


def versions_for(user: User, document_id: UUID) -> QuerySet[DocumentVersion]:
    """Those that the user may see. Raises NoSuchDocument."""
    document = find(user, document_id)
    versions = DocumentVersion.objects.filter(document=document)
    return versions if document.owner_id == user.pk else versions.filter(number=document.version)


def find_version(user: User, document_id: UUID, number: int) -> DocumentVersion:
    """Earlier versions are their owner's alone: what was changed before it was shared was not shared.

    Raises NoSuchDocument.
    """
    version = versions_for(user, document_id).filter(number=number).first()
    if version is None:
        raise NoSuchDocument("There is no such version.")
    return version


def _locked(user: User, document_id: UUID) -> Document:
    visible = Document.objects.visible_to(user).filter(pk=document_id)
    found = visible.select_for_update(of=("self",), no_key=True).first()
    if found is None:
        raise NoSuchDocument("There is no such document.")
    if found.owner_id != user.pk:
        raise NotTheOwner("Only its owner may change this document.")
    return found


def _has_already(document: Document, content: Content) -> bool:
    now = contents.current(document)
    return (now.sha256, now.content_type, now.filename) == (content.sha256, content.content_type, content.filename)


def _check_room(user: User, content: Content) -> None:
    _check_pace(user)
    most = settings.LINTEL_USER_DOCUMENT_BYTES
    if most and contents.stored_bytes(user) + len(content.data) > most:
        raise TooLarge(
            f"Your documents would take more than {most:,} bytes (LINTEL_USER_DOCUMENT_BYTES); delete some first.",
            pointer="/file" if content.kind == DocumentVersion.Kind.FILE else "/text",
        )


def _check_pace(user: User) -> None:
    most = settings.LINTEL_DOCUMENTS_PER_MINUTE
    since = timezone.now() - MINUTE
    if most and DocumentVersion.objects.filter(created_by=user, created__gt=since).count() >= most:
        raise TooManyDocuments(f"At most {most:,} versions are stored a minute (LINTEL_DOCUMENTS_PER_MINUTE).")


def _same(value: Any) -> Any:
    return value
