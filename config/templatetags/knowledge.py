"""What the templates that config puts into the Documents pages ask for."""

from __future__ import annotations

from typing import Any

from django import template

from config.knowledge.page import KnowledgePage
from config.knowledge.states import Indexing, states_of
from documents.models import Document

register = template.Library()
KNOWN = "_lintel_indexing"


@register.simple_tag(takes_context=True)
def indexing_of(context: dict[str, Any], document: Document) -> Indexing | None:
    """For a row of a list: the first row that asks reads for all."""
    http = context["request"]
    if not hasattr(http, KNOWN):
        listed = [row["document"] for row in context.get("rows", [])]
        setattr(http, KNOWN, states_of(listed or [document], reader=http.user))
    found: dict[Any, Indexing] = getattr(http, KNOWN)
    return found.get(document.pk)


@register.simple_tag(takes_context=True)
def knowledge_of(context: dict[str, Any], document: Document) -> KnowledgePage:
    http = context["request"]
    first = http.GET.get("passages", "")
    number = int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 0
    return KnowledgePage(document, http.user, first=number)
