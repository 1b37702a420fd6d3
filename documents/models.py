"""Documents and their versions. Content is written once; a document that goes takes all of it along at once."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models import Membership, User

LONGEST_TITLE = 200
LONGEST_URL = 2000
LONGEST_NAME = 255

# In one statement each, by the database: nothing is read into memory, and no path of deletion leaves anything behind.
TAKE_ALONG = """
PERFORM FROM documents_documentcontent WHERE document_id = OLD.id FOR UPDATE;  -- no text is stored meanwhile
DELETE FROM documents_documentkey WHERE document_id = OLD.id;
DELETE FROM documents_documentversion WHERE document_id = OLD.id;
DELETE FROM documents_documenttext WHERE content_id IN
    (SELECT id FROM documents_documentcontent WHERE document_id = OLD.id);
DELETE FROM documents_documentcontent WHERE document_id = OLD.id;
RETURN NULL;
"""
STAY = """
IF EXISTS (SELECT FROM documents_document WHERE id = OLD.document_id) THEN
    RAISE EXCEPTION 'A version and its content stay while their document does';
END IF;
RETURN OLD;
"""
STAY_TEXT = """
IF EXISTS (
    SELECT FROM documents_documentcontent AS content JOIN documents_document AS document
    ON document.id = content.document_id WHERE content.id = OLD.content_id
) THEN
    RAISE EXCEPTION 'A version and its content stay while their document does';
END IF;
RETURN OLD;
"""


def written_once(stay: str) -> list[pgtrigger.Trigger]:
    """Of a table whose rows are never changed, and go with their document alone."""
    return [
        pgtrigger.Protect(name="insert_only", operation=pgtrigger.Update),
        pgtrigger.Trigger(name="stay", when=pgtrigger.Before, operation=pgtrigger.Delete, func=stay),
    ]


class Visibility(models.TextChoices):
    PRIVATE = "private", _("only me")
    TEAM = "team", _("my team")
    ALL = "all", _("everybody here")


class DocumentQuerySet(models.QuerySet["Document"]):
    def owned_by(self, user: User) -> DocumentQuerySet:
        """Those that the user may change."""
        return self.filter(owner=user)

    def visible_to(self, user: User) -> DocumentQuerySet:
        """Those that the user may read: their own, those of their teams, those for everybody."""
        teams = Membership.objects.filter(user=user).values("team")
        shared = Q(visibility=Visibility.TEAM, team__in=teams)
        return self.filter(Q(owner=user) | shared | Q(visibility=Visibility.ALL))


class Document(models.Model):
    """What somebody has written or uploaded. ``version`` is the number of the current one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="documents", db_index=False
    )
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="documents", db_index=False)
    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    source_url = models.CharField(_("source"), max_length=LONGEST_URL, blank=True)
    visibility = models.CharField(_("visible to"), max_length=8, choices=Visibility.choices, default=Visibility.PRIVATE)
    version = models.PositiveIntegerField(_("version"), default=1)
    created = models.DateTimeField(_("created"), auto_now_add=True, editable=False)
    updated = models.DateTimeField(_("changed"), auto_now=True, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        permissions = [("view_document_text", "Can read the documents of others, after asking for them")]
        indexes = [
            models.Index(F("owner"), F("id").desc(), name="document_by_owner"),
            models.Index(F("team"), F("id").desc(), name="document_by_team"),
            models.Index(F("id").desc(), name="document_for_all", condition=Q(visibility="all")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="document_visibility_known"),
            models.CheckConstraint(condition=Q(version__gte=1), name="document_has_a_version"),
        ]
        triggers = [
            pgtrigger.Trigger(name="take_along", when=pgtrigger.After, operation=pgtrigger.Delete, func=TAKE_ALONG),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class DocumentContent(models.Model):
    """Bytes, once for each document that has them, however many of its versions do.

    Nothing joins this table: it is read by ``documents.contents`` alone, a row at a time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey(Document, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    content_type = models.CharField(_("type"), max_length=100)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    data = models.BinaryField(_("bytes"))

    class Meta:
        verbose_name = _("content of a document")
        verbose_name_plural = _("contents of documents")
        constraints = [
            models.UniqueConstraint(fields=["document", "sha256", "content_type"], name="document_content_once"),
        ]
        triggers = written_once(STAY)

    def __str__(self) -> str:
        return self.sha256


class DocumentText(models.Model):
    """What extraction found in a content: a version that is restored is not read again."""

    content = models.OneToOneField(DocumentContent, primary_key=True, on_delete=models.DO_NOTHING, related_name="+")
    text = models.TextField(_("text"))
    created = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("text of a document")
        verbose_name_plural = _("texts of documents")
        triggers = written_once(STAY_TEXT)

    def __str__(self) -> str:
        return f"{self.content_id}"


class DocumentVersion(models.Model):
    """One state of a document's content. Numbers begin at 1 and have no gap."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        FILE = "file", _("file")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey(Document, on_delete=models.DO_NOTHING, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    filename = models.CharField(
        _("file name"),
        max_length=LONGEST_NAME,
        blank=True,
        help_text=_("As its sender calls it."),
    )
    content_type = models.CharField(_("type"), max_length=100, help_text=_("By its content, whatever its name says."))
    size = models.PositiveBigIntegerField(_("size"), help_text=_("In bytes."))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content = models.ForeignKey(DocumentContent, on_delete=models.DO_NOTHING, related_name="+")
    restored_from = models.PositiveIntegerField(_("restored from"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of documents")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="document_version_once")]
        indexes = [models.Index(fields=["created_by", "created"], name="document_version_by_maker")]
        triggers = written_once(STAY)

    def __str__(self) -> str:
        return f"{self.document_id} {self.number}"


class DocumentKey(models.Model):
    """A client's own name for one submission, kept for 24 hours in the commit that stored its document."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("path"), max_length=200)
    key = models.CharField(_("key"), max_length=255)
    body_hash = models.CharField(_("body hash"), max_length=64)
    document = models.ForeignKey(Document, on_delete=models.DO_NOTHING, related_name="+")
    created = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["user", "method", "path", "key"], name="document_key_once")]
        indexes = [models.Index(fields=["created"], name="document_key_by_age")]

    def __str__(self) -> str:
        return self.key
