"""How far is the index with each document, and which models' vectors does it have?

Titles and passages belong to the documents' people, and are shown nowhere here.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import LargeTableAdmin, LookOnlyAdmin
from ai.rag.models import EmbeddingSet, KnowledgeDocument


@admin.register(EmbeddingSet)
class EmbeddingSetAdmin(LookOnlyAdmin[EmbeddingSet]):
    """`manage.py embedding_set` makes them, with their indexes."""

    list_display = ["model", "dimensions", "active", "created"]
    list_filter = ["active"]
    ordering = ["-pk"]


@admin.register(KnowledgeDocument)
class KnowledgeDocumentAdmin(LargeTableAdmin[KnowledgeDocument]):
    list_display = ["staged", "source", "state", "done", "total", "attempt", "failures", "error_code", "indexed_at"]
    list_filter = ["state"]
    search_fields = ["source", "subject"]
    search_help_text = _("Id of the document or its owner")
    fields = readonly_fields = (
        "id", "source_type", "source", "subject", "scope", "visibility", "state", "done", "total", "wanted", "indexed",
        "generation", "embedding_set", "attempt", "failures", "error_code", "error", "staged", "not_before",
        "taken_until", "woken", "indexed_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[KnowledgeDocument]:
        return super().get_queryset(request).defer("title")
