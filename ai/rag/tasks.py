"""Thin doors: a task takes an id, makes one call, and ends."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from ai.rag.ingest import reindex
from ai.rag.signals import DocumentStaged, document_staged
from ai.signals import announce

REINDEX_TASK = "ai.rag.reindex_document"


@shared_task(name=REINDEX_TASK)
def reindex_document(document_id: str, v: int = 1) -> None:
    """Sent when a document is staged, and by the sweep."""
    del v
    again = reindex(UUID(document_id))
    if again is not None:
        announce(document_staged, DocumentStaged(id=UUID(document_id), after_s=again))
