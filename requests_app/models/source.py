"""What an answer rests on: the passages that its model was shown, and where it names them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from ai.rag.models import KnowledgeChunk
from requests_app.models.request import AIRequest


class StaleReason(models.TextChoices):
    CHANGED = "changed", _("changed")
    REMOVED = "removed", _("removed")


class RequestSourceQuerySet(models.QuerySet["RequestSource"]):
    def stale(self) -> RequestSourceQuerySet:
        """Those that make their answer stale: their document says something else now, and the answer cites them."""
        cites = Citation.objects.filter(request=models.OuterRef("request"), key=models.OuterRef("key"))
        return self.filter(models.Exists(cites), stale_since__isnull=False)


class RequestSource(models.Model):
    """A passage that a request's models are shown: found once, kept before the first call, the same for all of them.

    Passages of one document that follow one another share a ``key``, the number that answers cite. A passage that stays
    may stand elsewhere in a later version: here is where it stood in the ``version`` that was searched. A source is
    stale from when its passage is no part of its document any more (requests_app.freshness).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(AIRequest, on_delete=models.CASCADE, related_name="sources", db_index=False)
    chunk = models.ForeignKey(KnowledgeChunk, verbose_name=_("passage"), on_delete=models.PROTECT, related_name="+")
    # No foreign key: a new version holds its document's row while it waits for passages that are being kept.
    document = models.UUIDField(_("document"))
    version = models.BigIntegerField(_("version"))
    ordinal = models.PositiveIntegerField(_("place"))
    start = models.PositiveIntegerField(_("start"))
    end = models.PositiveIntegerField(_("end"))
    key = models.PositiveSmallIntegerField(_("number"))
    score = models.FloatField(_("score"), null=True, blank=True, help_text=_("Empty: it stands beside one found."))
    stale_since = models.DateTimeField(_("stale since"), null=True, blank=True, editable=False)
    stale_reason = models.CharField(
        _("what became of its document"),
        max_length=8,
        choices=StaleReason.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    stale_version = models.BigIntegerField(
        _("version without it"), null=True, blank=True, editable=False, help_text=_("Empty: the document is gone.")
    )

    objects = RequestSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.UniqueConstraint(fields=["request", "chunk"], name="source_once_a_request"),
            models.CheckConstraint(
                name="source_stale_for_a_reason",
                condition=models.Q(stale_since=None, stale_reason="")
                | models.Q(stale_since__isnull=False, stale_reason__in=StaleReason.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["stale_since", "request"],
                name="source_stale",
                condition=models.Q(stale_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} [{self.key}]"


class Citation(models.Model):
    """A number in square brackets in an answer; without a ``source`` it points to nothing.

    Offsets count code points: ``position`` in the answer, those of the quote in the text of the source's version. No
    quote: the asker could no longer see the passage when the answer came.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(AIRequest, on_delete=models.CASCADE, related_name="citations", db_index=False)
    position = models.PositiveIntegerField(_("position"))
    key = models.PositiveSmallIntegerField(_("number"))
    source = models.ForeignKey(
        RequestSource,
        verbose_name=_("source"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="citations",
    )
    quote_start = models.PositiveIntegerField(_("start of the quote"), null=True, blank=True)
    quote_end = models.PositiveIntegerField(_("end of the quote"), null=True, blank=True)

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        constraints = [models.UniqueConstraint(fields=["request", "position"], name="citation_once_a_place")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.position}: [{self.key}]"
