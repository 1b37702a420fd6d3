"""Requests without content rest on nothing: their sources go, and what was kept of documents for them alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef

from ai.rag.models import KnowledgeChunk, KnowledgeDocument
from ai.rag.staging import lock
from ai.rag.viewing import viewing
from requests_app.models import Citation, RequestSource


def forget_sources(requests: Collection[UUID]) -> None:
    """In the transaction that erases them."""
    Citation.objects.filter(request__in=requests).delete()
    rows = RequestSource.objects.filter(request__in=requests)
    passages: dict[UUID, set[UUID]] = defaultdict(set)
    for source, chunk in rows.values_list("document", "chunk_id"):
        passages[source].add(chunk)
    rows.delete()
    for document in KnowledgeDocument.objects.filter(pk__in=passages).order_by("pk"):
        _let_go(document, passages[document.pk])


def _let_go(document: KnowledgeDocument, passages: Collection[UUID]) -> None:
    """Those that no answer was given from any more; in the name of the document's owner, who sees them all.

    They are locked before sources are looked for: who keeps one meanwhile locks it as well, and is seen then.
    """
    with viewing(subject=document.subject, scopes=[]):
        kept = KnowledgeChunk.objects.filter(pk__in=passages)
        lock(kept)
        needed = Exists(RequestSource.objects.filter(chunk=OuterRef("pk")))
        free = KnowledgeChunk.objects.filter(pk__in=list(kept.exclude(needed).values_list("pk", flat=True)))
        free.update(cited=False)
        free.exclude(superseded=None).delete()
