"""Where the AI core meets those whom it does not know, and documents meet the index."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ai import meter
from ai.rag import extraction, staging
from ai.rag.extraction import Progress
from ai.rag.signals import DocumentStaged, document_staged, passages_superseded
from documents.errors import ExtractionFailed
from documents.models import Document, DocumentVersion
from documents.reading import read
from documents.signals import document_changed, document_removed
from requests_app import freshness, wake
from requests_app.metering import LedgerMeter

DOCUMENT = "document"
REINDEX_TASK = "ai.rag.reindex_document"
INGEST_QUEUE = "ingest"


def wire() -> None:
    """Calls outside of requests are paid for from the budgets of requests; documents are indexed as they change."""
    meter.install(LedgerMeter())
    extraction.install(DOCUMENT, text_of_version)
    document_changed.connect(stage_document, dispatch_uid="config.wiring.stage")
    document_removed.connect(remove_document, dispatch_uid="config.wiring.remove")
    document_staged.connect(tell_worker, dispatch_uid="config.wiring.tell")
    passages_superseded.connect(freshness.mark, dispatch_uid="config.wiring.stale")


def stage_document(document: Document, **_: Any) -> None:
    """In the transaction that saves it."""
    staging.stage(
        staging.Source(
            type=DOCUMENT,
            id=document.pk,
            version=document.version,
            subject=document.owner_id,
            scope=document.team_id,
            visibility=document.visibility,
            title=document.title,
        )
    )


def remove_document(document_id: UUID, **_: Any) -> None:
    """In the transaction that deletes it."""
    staging.remove(DOCUMENT, document_id)


def text_of_version(source: UUID, version: int, *, progress: Progress) -> str:
    found = DocumentVersion.objects.filter(document=source, number=version).first()
    if found is None:
        raise extraction.ExtractionFailed("document_gone", "The document is gone.")
    try:
        return read(found, progress=progress)
    except ExtractionFailed as failed:
        raise extraction.ExtractionFailed(failed.code, failed.sentence, passing=failed.retryable) from failed


def tell_worker(facts: DocumentStaged, **_: Any) -> None:
    """A hint: the sweep announces again what nobody came for."""
    arguments = {"document_id": str(facts.id), "v": wake.MESSAGE_VERSION}
    wake.send(REINDEX_TASK, arguments, queue=INGEST_QUEUE, after_s=facts.after_s)
