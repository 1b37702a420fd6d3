"""What the index and the reader's answers add to a document's page."""

from __future__ import annotations

from functools import cached_property
from uuid import uuid4

from accounts.models import User
from ai.rag.models import KnowledgeChunk
from ai.rag.viewing import viewing
from config.knowledge.states import Indexing, states_of
from documents.models import Document
from requests_app.pages.citing import newest_citing
from requests_app.pages.rows import Row
from requests_app.sources import viewer_of

PASSAGES = 20


class KnowledgePage:
    """Each part is read when a template asks for it."""

    def __init__(self, document: Document, reader: User, *, first: int = 0) -> None:
        self.document = document
        self._reader = reader
        self.first = first
        self.token = str(uuid4())

    @cached_property
    def indexing(self) -> Indexing | None:
        return states_of([self.document], reader=self._reader).get(self.document.pk)

    @cached_property
    def passages(self) -> list[KnowledgeChunk]:
        """As they are found. Of an earlier version they are its owner's alone, as its text is."""
        if self.indexing is None or (self.indexing.behind and not self.indexing.mine):
            return []
        viewer = viewer_of(self._reader.pk)
        with viewing(subject=viewer.subject, scopes=viewer.scopes):
            current = KnowledgeChunk.objects.filter(knowledge_document=self.indexing.row.pk, superseded=None)
            return list(current.filter(ordinal__gte=self.first).order_by("ordinal")[: PASSAGES + 1])

    @property
    def shown(self) -> list[KnowledgeChunk]:
        return self.passages[:PASSAGES]

    @property
    def further(self) -> int | None:
        """Where the next page of passages begins."""
        return self.passages[PASSAGES].ordinal if len(self.passages) > PASSAGES else None

    @cached_property
    def answers(self) -> list[Row]:
        return newest_citing(self._reader, self.indexing.row.pk) if self.indexing else []
