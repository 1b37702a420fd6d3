"""Whose document is this, who may see it, and what became of it?

What people wrote belongs to them, titles and names of files too. Staff see it with a permission of its own, after
asking for it, and each look is noted in the document's history.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import LargeTableAdmin, link, list_of
from documents import contents
from documents.models import Document, DocumentKey, DocumentVersion

MAY_READ = "documents.view_document_text"
OPEN = "texts"
WORDS = ("title", "source_url", "text_now")


@admin.register(Document)
class DocumentAdmin(LargeTableAdmin[Document]):
    list_display = ["created", "id", "owner", "team", "visibility", "version", "updated"]
    list_filter = ["visibility"]
    list_select_related = ["owner", "team"]
    linked_by = ["owner", "team"]
    search_fields = ["id", "owner__username"]
    search_exactly = "owner__username"
    search_help_text = gettext_lazy("Id or owner")

    def has_delete_permission(self, request: HttpRequest, obj: Document | None = None) -> bool:
        return request.user.has_perm("documents.delete_document")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        rows = super().get_queryset(request)
        return rows if opens_texts(request) else rows.defer("title", "source_url")

    def get_fieldsets(self, request: HttpRequest, obj: Document | None = None) -> list[Any]:
        known = ["id", "owner", "team", "visibility", "version", "all_versions", "created", "updated"]
        return [(None, {"fields": known}), (gettext_lazy("Texts"), {"fields": self._text_fields(request)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Document | None = None) -> list[Any]:
        return [field for _title, part in self.get_fieldsets(request, obj) for field in part["fields"]]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **more: Any) -> HttpResponse:
        if opens_texts(request):
            self.log_change(request, more["obj"], "Viewed text.")
        return super().render_change_form(request, context, *args, **more)

    def _text_fields(self, request: HttpRequest) -> list[str]:
        if opens_texts(request):
            return list(WORDS)
        return ["texts_closed" if request.user.has_perm(MAY_READ) else "texts_hidden"]

    @admin.display(description=gettext_lazy("title, source, text"))
    def texts_hidden(self, row: Document) -> str:
        return _("hidden")

    @admin.display(description=gettext_lazy("title, source, text"))
    def texts_closed(self, row: Document) -> SafeString:
        return link(f"?{OPEN}", _("Show them; that is noted in the history"))

    @admin.display(description=gettext_lazy("text"))
    def text_now(self, row: Document) -> SafeString | None:
        text = contents.text_of(contents.current(row))
        return None if text is None else format_html('<pre class="lintel-text">{}</pre>', text)

    @admin.display(description=gettext_lazy("versions"))
    def all_versions(self, row: Document) -> SafeString:
        return list_of(DocumentVersion, f"document={row.pk}", _("All of them"))


@admin.register(DocumentVersion)
class DocumentVersionAdmin(LargeTableAdmin[DocumentVersion]):
    """How large was it, of what type, and who made it?"""

    list_display = ["created", "document", "number", "kind", "content_type", "bytes", "created_by", "restored_from"]
    list_filter = ["kind"]
    linked_by = ["document"]
    search_fields = ["document__id", "created_by__username"]
    search_key = "document"
    search_exactly = "created_by__username"
    fields = ["created", "document", "number", "kind", "content_type", "bytes", "sha256", "created_by", "restored_from"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DocumentVersion]:
        rows = super().get_queryset(request).select_related("document", "created_by")
        return rows.defer("filename", "document__title", "document__source_url")

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def bytes(self, row: DocumentVersion) -> str:
        return filesizeformat(row.size)


@admin.register(DocumentKey)
class DocumentKeyAdmin(LargeTableAdmin[DocumentKey]):
    """Which document did a client's key make?"""

    list_display = ["created", "key", "user", "method", "path", "document"]
    search_fields = ["id", "user__username"]
    search_exactly = "user__username"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DocumentKey]:
        rows = super().get_queryset(request).select_related("user", "document")
        return rows.defer("document__title", "document__source_url")


def opens_texts(request: HttpRequest) -> bool:
    return OPEN in request.GET and request.user.has_perm(MAY_READ)
