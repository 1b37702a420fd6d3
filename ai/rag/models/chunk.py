from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from ai.rag.models.document import KnowledgeDocument


class KnowledgeChunk(models.Model):
    """A passage. Row-level security shows it to those alone who may see its document (ai.rag.viewing).

    It is current from ``generation`` on until it is ``superseded`` by a later one. A new version of the document keeps
    the rows of passages that did not change, at their new places; a passage that an answer cites stays for ever.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    knowledge_document = models.ForeignKey(
        KnowledgeDocument, verbose_name=_("document"), on_delete=models.PROTECT, related_name="chunks", db_index=False
    )
    version = models.BigIntegerField(_("version"), help_text=_("Of the source, when this was first read."))
    generation = models.PositiveIntegerField(_("generation"))
    superseded = models.PositiveIntegerField(_("superseded by generation"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)
    ordinal = models.PositiveIntegerField(_("number"))
    text = models.TextField(_("text"))
    heading_path = ArrayField(models.TextField(), verbose_name=_("headings above"), default=list, blank=True)
    start = models.PositiveIntegerField(_("start"), help_text=_("Code points of the source's text before it."))
    end = models.PositiveIntegerField(_("end"))
    content_hash = models.CharField(_("content hash"), max_length=64)
    tokens = models.PositiveIntegerField(_("tokens"))
    cited = models.BooleanField(_("cited"), default=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        indexes = [
            models.Index(fields=["knowledge_document", "ordinal"], name="chunk_of_document"),
        ]
        triggers = [
            pgtrigger.Protect(name="cited_stays", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__cited=True)),
            pgtrigger.Protect(
                name="text_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("text", "content_hash", "heading_path", "knowledge_document"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.knowledge_document_id} #{self.ordinal}"
