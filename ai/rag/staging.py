"""What the index hears of documents, in the transaction that changes them: it is to be read, shown to others, gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Least

from ai.clock import DatabaseClock, seconds_from_now
from ai.rag.models import EmbeddingSet, KnowledgeChunk, KnowledgeDocument, KnowledgeVector, State
from ai.rag.models.document import OPEN
from ai.rag.signals import DocumentStaged, PassagesSuperseded, document_staged, passages_superseded
from ai.rag.viewing import viewing
from ai.signals import announce

QUIET_S = 0.3  # a document that is being saved is read once it rests for so long,
LONGEST_UNREST = timedelta(seconds=3)  # or has been waiting for so long
WAKE_AGAIN_S = 30
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document as its app knows it. ``version`` changes with its text, and with nothing else."""

    type: str
    id: UUID
    version: int
    subject: UUID
    scope: UUID
    visibility: str
    title: str

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "scope": self.scope,
            "visibility": self.visibility,
            "title": self.title[:500],
        }


def stage(source: Source) -> KnowledgeDocument:
    """It was made or changed. Call it in the transaction that does so; who may see it holds with that commit.

    A new version is read soon after; until then the one before is found.
    """
    with transaction.atomic():
        row, made = KnowledgeDocument.objects.get_or_create(
            source_type=source.type, source=source.id, defaults={**source.facts, "wanted": source.version}
        )
        row = KnowledgeDocument.objects.select_for_update().get(pk=row.pk)
        _share(row, source)
        if made or row.wanted != source.version or row.state == State.REMOVED:
            _want(row, source.version, new=made or row.state != State.STAGED)
        return row


def remove(source_type: str, source: UUID) -> None:
    """It is gone: with this transaction nothing of it is found. What answers cite of it stays as it was."""
    with transaction.atomic():
        rows = KnowledgeDocument.objects.select_for_update().filter(source_type=source_type, source=source)
        for row in rows.exclude(state=State.REMOVED):
            KnowledgeDocument.objects.filter(pk=row.pk).update(
                state=State.REMOVED, attempt=F("attempt") + 1, generation=F("generation") + 1, taken_until=None,
                error_code="", error="",
            )  # fmt: skip
            KnowledgeVector.objects.filter(knowledge_document_id=row.pk).delete()
            with viewing(subject=row.subject, scopes=[]):
                supersede(KnowledgeChunk.objects.filter(knowledge_document=row), generation=row.generation + 1)
                tell_superseded(row.pk, version=None)


def supersede(chunks: QuerySet[KnowledgeChunk], *, generation: int) -> None:
    """They are of no current text. Cited ones stay; in this order, so that one that is being cited now is not lost."""
    chunks = chunks.filter(superseded=None)
    gone = lock(chunks)
    chunks.update(superseded=generation, superseded_at=DatabaseClock())
    KnowledgeChunk.objects.filter(pk__in=gone, cited=False).delete()


def lock(chunks: QuerySet[KnowledgeChunk]) -> list[UUID]:
    """To the end of the transaction; in one order, so that of two who write to several passages one waits."""
    return list(chunks.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def tell_superseded(document: UUID, *, version: int | None) -> None:
    """Now, not after the commit: whoever keeps book of passages does so in this transaction."""
    passages_superseded.send(PassagesSuperseded, facts=PassagesSuperseded(document=document, version=version))


def retry(document_id: UUID) -> bool:
    """Try a failed one again; False where it had not failed."""
    again = KnowledgeDocument.objects.filter(pk=document_id, state=State.FAILED).update(
        state=State.STAGED, attempt=F("attempt") + 1, staged=DatabaseClock(), not_before=DatabaseClock(),
        woken=DatabaseClock(), failures=0, error_code="", error="", done=0, total=0,
    )  # fmt: skip
    if again:
        announce(document_staged, DocumentStaged(id=document_id))
    return bool(again)


def stage_all_for(embedding_set: EmbeddingSet) -> int:
    """Every document that has not all its vectors in this set is read again; how many."""
    others = KnowledgeDocument.objects.filter(state__in=[State.READY, State.FAILED])
    others = others.filter(~Q(embedding_set=embedding_set) | Q(embedding_set=None))
    return others.update(
        state=State.STAGED, staged=DatabaseClock(), not_before=DatabaseClock(), woken=None, failures=0,
        error_code="", error="",
    )  # fmt: skip


def wake_left() -> int:
    """Announce what nobody is at work on: its message was lost, or its worker. Part of the sweep."""
    waiting = KnowledgeDocument.objects.filter(state__in=OPEN, not_before__lte=DatabaseClock())
    free = waiting.filter(Q(taken_until=None) | Q(taken_until__lte=DatabaseClock()))
    unheard = free.filter(Q(woken=None) | Q(woken__lte=seconds_from_now(-WAKE_AGAIN_S)))
    with transaction.atomic():
        locked = unheard.order_by("not_before").select_for_update(skip_locked=True)
        found = list(locked.values_list("pk", flat=True)[:BATCH])
        KnowledgeDocument.objects.filter(pk__in=found).update(woken=DatabaseClock())
        for each in found:
            announce(document_staged, DocumentStaged(id=each))
    return len(found)


def _share(row: KnowledgeDocument, source: Source) -> None:
    """The document first: whoever publishes it meanwhile holds its row, and then these vectors are there."""
    if any(getattr(row, name) != value for name, value in source.facts.items()):
        KnowledgeDocument.objects.filter(pk=row.pk).update(**source.facts)
        KnowledgeVector.objects.filter(knowledge_document_id=row.pk).update(
            subject=source.subject, scope=source.scope, visibility=source.visibility
        )


def _want(row: KnowledgeDocument, version: int, *, new: bool) -> None:
    """The fence moves: a worker that is at an older version gives up at its next step."""
    staged = DatabaseClock() if new else F("staged")
    quiet = seconds_from_now(QUIET_S)
    KnowledgeDocument.objects.filter(pk=row.pk).update(
        wanted=version, state=State.STAGED, attempt=F("attempt") + 1, taken_until=None, staged=staged,
        not_before=quiet if new else Least(quiet, F("staged") + LONGEST_UNREST),
        woken=DatabaseClock() if new else F("woken"),
        failures=0, error_code="", error="", done=0, total=0,
    )  # fmt: skip
    if new:
        announce(document_staged, DocumentStaged(id=row.pk, after_s=QUIET_S))
