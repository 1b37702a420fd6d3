"""How far the index has come with documents, in words and as a bar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from ai.rag.models import KnowledgeDocument, State
from ai.rag.models.document import OPEN
from config.wiring import DOCUMENT
from documents.models import Document

# Where in the bar each step begins and ends, of a hundred. Embedding takes longest.
SPANS = {
    State.STAGED: (4, 4),
    State.EXTRACTING: (8, 35),
    State.CHUNKING: (35, 35),
    State.EMBEDDING: (40, 100),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexing:
    """One document as its reader is told of it. What went wrong is for its owner, who alone can try again."""

    document: Document
    row: KnowledgeDocument
    mine: bool

    @property
    def state(self) -> str:
        return self.row.state

    @property
    def moving(self) -> bool:
        return self.row.state in OPEN

    @property
    def failed(self) -> bool:
        return self.row.state == State.FAILED

    @property
    def percent(self) -> int:
        first, last = SPANS.get(State(self.row.state), (100, 100))
        share = self.row.done / self.row.total if self.row.total else 0
        return first + round((last - first) * min(share, 1))

    @property
    def words(self) -> str:
        done = {"done": self.row.done, "total": self.row.total}
        match self.row.state:
            case State.STAGED:
                return _("waiting to be read")
            case State.EXTRACTING:
                return _("reading, %(done)d of %(total)d") % done if self.row.total > 1 else _("reading")
            case State.CHUNKING:
                return _("cutting into passages")
            case State.EMBEDDING:
                return _("embedding, %(done)d of %(total)d passages") % done
            case State.READY:
                return ngettext("ready, %d passage", "ready, %d passages", self.row.total) % self.row.total
        return _("could not be indexed")

    @property
    def reason(self) -> str:
        """Why it waits or has failed."""
        return self.row.error if self.mine else ""

    @property
    def behind(self) -> bool:
        """Whether an earlier version is what is found meanwhile."""
        return self.row.indexed not in (None, self.document.version)


def states_of(documents: Iterable[Document], *, reader: User) -> dict[UUID, Indexing]:
    """By the document's key; what was never announced to the index is not there."""
    by_key = {each.pk: each for each in documents}
    rows = KnowledgeDocument.objects.filter(source_type=DOCUMENT, source__in=by_key).exclude(state=State.REMOVED)
    return {
        row.source: Indexing(document=by_key[row.source], row=row, mine=by_key[row.source].owner_id == reader.pk)
        for row in rows
    }
