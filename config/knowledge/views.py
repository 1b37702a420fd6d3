"""Parts of the Documents pages that follow the index, and trying again what it could not read."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.page_request import PageRequest
from ai.rag import staging
from ai.rag.models import KnowledgeDocument
from config.knowledge.states import states_of
from config.wiring import DOCUMENT
from documents import library
from documents.errors import NotTheOwner
from documents.models import Document
from documents.pages.views import changing, guarded
from requests_app.pages.asking import for_page_parts

MOST = 100


@never_cache
@for_page_parts
@require_GET
def states(http: PageRequest) -> HttpResponse:
    """Of the documents that are named, as far as the reader may see them."""
    named = [key for key in map(_key, http.GET.getlist("id")[:MOST]) if key]
    visible = Document.objects.visible_to(http.user).filter(pk__in=named)
    return render(http, "knowledge/states.html", {"states": states_of(visible, reader=http.user).values()})


@for_page_parts
@guarded
def knowledge(http: PageRequest, pk: UUID) -> HttpResponse:
    return render(http, "documents/page_more.html", {"document": library.find(http.user, pk)})


@changing
def index_again(http: PageRequest, pk: UUID) -> HttpResponse:
    found = library.find(http.user, pk)
    if found.owner_id != http.user.pk:
        raise NotTheOwner("Only its owner may have this document read again.")
    known = KnowledgeDocument.objects.filter(source_type=DOCUMENT, source=pk).values_list("pk", flat=True).first()
    if known is not None and staging.retry(known):
        messages.success(http, _("The document is being read again."))
    else:
        messages.error(http, _("This document has not failed; there is nothing to try again."))
    return redirect("document", pk)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
