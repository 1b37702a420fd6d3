"""Which passages was this request given, and where does its answer name them?

Numbers alone. A passage's text is of a document that may be private to its owner, who need not be the one who asked: a
right to see texts of requests is none to see documents.
"""

from __future__ import annotations

from accounts.admin.base import LookOnlyInline
from requests_app.models import AIRequest, Citation, RequestSource


class SourcesInline(LookOnlyInline[RequestSource, AIRequest]):
    model = RequestSource
    fields = readonly_fields = ("key", "document", "version", "start", "end", "score", "stale_since", "stale_reason")
    ordering = ("key", "ordinal")


class CitationsInline(LookOnlyInline[Citation, AIRequest]):
    model = Citation
    fields = readonly_fields = ("position", "key", "quote_start", "quote_end")
    ordering = ("position",)
