"""An app that keeps texts, as the index sees one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from uuid_utils.compat import uuid7

from accounts.models import User
from ai.rag import staging
from ai.rag.extraction import ExtractionFailed, Progress
from ai.rag.ingest import reindex
from ai.rag.models import KnowledgeChunk, KnowledgeDocument, KnowledgeVector
from ai.rag.staging import Source
from ai.rag.viewing import viewing

TYPE = "shelf"
MODEL, DIMENSIONS = "fake-embedding-32", 32


@dataclass
class Shelf:
    """``reading`` is called before each text is handed out."""

    owner: User
    texts: dict[tuple[UUID, int], str] = field(default_factory=dict)
    reading: Callable[[], object] = lambda: None

    def put(self, text: str, *, id: UUID | None = None, visibility: str = "private") -> KnowledgeDocument:
        """A new document, or a new version of one; it is due at once."""
        id = id or uuid7()
        version = 1 + max([number for source, number in self.texts if source == id], default=0)
        self.texts[id, version] = text
        row = staging.stage(self.source(id, version, visibility))
        KnowledgeDocument.objects.filter(pk=row.pk).update(not_before=row.staged)
        row.refresh_from_db()
        return row

    def source(self, id: UUID, version: int, visibility: str = "private", title: str = "A text") -> Source:
        return Source(
            type=TYPE, id=id, version=version, subject=self.owner.pk, scope=self.owner.personal_team.pk,
            visibility=visibility, title=title,
        )  # fmt: skip

    def __call__(self, source: UUID, version: int, *, progress: Progress) -> str:
        self.reading()
        progress(1, 1)
        if (source, version) not in self.texts:
            raise ExtractionFailed("document_gone", "The document is gone.")
        return self.texts[source, version]

    def passages(self, document: KnowledgeDocument) -> list[KnowledgeChunk]:
        with viewing(subject=self.owner.pk, scopes=[]):
            current = KnowledgeChunk.objects.filter(knowledge_document=document, superseded=None)
            return list(current.order_by("ordinal"))


def indexed(document: KnowledgeDocument) -> KnowledgeDocument:
    reindex(document.pk)
    document.refresh_from_db()
    return document


def live(document: KnowledgeDocument) -> set[UUID]:
    found = KnowledgeVector.objects.filter(knowledge_document_id=document.pk, live=True)
    return set(found.values_list("chunk_id", flat=True))


def story(paragraphs: int, *, of: str = "stone") -> str:
    return "\n\n".join(f"On day {n} {of} number {n} was laid upon the quay by {n} masons." for n in range(paragraphs))
