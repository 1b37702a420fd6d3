"""KnowledgeDocument: what the index knows of one source, and how far it has come with its newest version."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from ai.clock import DatabaseClock
from ai.rag.models.embedding_set import EmbeddingSet


class Visibility(models.TextChoices):
    PRIVATE = "private", _("private")
    TEAM = "team", _("team")
    ALL = "all", _("everybody")


class State(models.TextChoices):
    STAGED = "staged", _("waiting")
    EXTRACTING = "extracting", _("extracting")
    CHUNKING = "chunking", _("cutting")
    EMBEDDING = "embedding", _("embedding")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")
    REMOVED = "removed", _("removed")


WORKING = [State.EXTRACTING, State.CHUNKING, State.EMBEDDING]
OPEN = [State.STAGED, *WORKING]


class KnowledgeDocument(models.Model):
    """One source: an owner's document of any app.

    ``wanted`` is the version that its app has announced last, ``indexed`` the one that is searchable; they are numbers
    that only the app understands. ``attempt`` is the fence: whoever claims the row raises it, and every later write
    names it. While a new version is on its way the old one stays searchable, as a whole.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source_type = models.CharField(_("kind of source"), max_length=50)
    source = models.UUIDField(_("source"))
    subject = models.UUIDField(_("subject"), help_text=_("Whose it is: a user."))
    scope = models.UUIDField(_("scope"), help_text=_("Who shares it and pays for it: a team."))
    visibility = models.CharField(
        _("visibility"), max_length=16, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    title = models.CharField(_("title"), max_length=500, blank=True)
    wanted = models.BigIntegerField(_("wanted version"))
    indexed = models.BigIntegerField(_("indexed version"), null=True, blank=True)
    embedding_set = models.ForeignKey(
        EmbeddingSet, verbose_name=_("embedding set"), on_delete=models.PROTECT, null=True, blank=True
    )
    generation = models.PositiveIntegerField(_("generation"), default=0)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.STAGED)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), default=0)
    error_code = models.CharField(_("error code"), max_length=50, blank=True)
    error = models.TextField(_("error"), blank=True)
    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    not_before = models.DateTimeField(_("not before"), db_default=DatabaseClock())
    taken_until = models.DateTimeField(_("taken until"), null=True, blank=True)
    woken = models.DateTimeField(_("woken"), null=True, blank=True, help_text=_("When a worker was last told of it."))
    staged = models.DateTimeField(_("staged"), db_default=DatabaseClock())
    indexed_at = models.DateTimeField(_("indexed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("knowledge document")
        verbose_name_plural = _("knowledge documents")
        constraints = [
            models.UniqueConstraint(fields=["source_type", "source"], name="knowledge_once_a_source"),
            models.CheckConstraint(
                name="knowledge_state_known", condition=models.Q(state__in=[state.value for state in State])
            ),
            models.CheckConstraint(
                name="knowledge_visibility_known",
                condition=models.Q(visibility__in=[visibility.value for visibility in Visibility]),
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], name="knowledge_open", condition=models.Q(state__in=OPEN)),
            models.Index(fields=["state"], name="knowledge_failed", condition=models.Q(state=State.FAILED)),
            models.Index(fields=["subject"], name="knowledge_of_subject"),
            models.Index(fields=["scope"], name="knowledge_of_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.source_type} {self.source}"
