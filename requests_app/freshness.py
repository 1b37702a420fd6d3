"""Which answers are stale: a document that they cite has changed since, or is gone.

Sources are marked in the transaction that changes the index, by one statement and whatever their request is doing; an
answer that cites a marked source is stale. So nothing is to be done when an answer ends, and no end can be missed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from ai.rag.models import KnowledgeChunk, KnowledgeDocument
from ai.rag.signals import PassagesSuperseded
from requests_app.models import AIRequest, RequestSource, StaleReason, Status
from requests_app.signals import AnswersStale, announce_stale
from requests_app.sources import seeing

# What was superseded before is looked at again: by a version that was cut anew, which made no answer stale. That a
# document is gone overrides that it has changed. Chunks first: there are few of a document, and of their sources.
MARK = """
WITH marked AS (
    UPDATE requests_app_requestsource AS source
    SET stale_since = COALESCE(source.stale_since, clock_timestamp()),
        stale_reason = %(reason)s, stale_version = %(version)s
    FROM ai_rag_knowledgechunk AS chunk
    WHERE chunk.knowledge_document_id = %(document)s AND chunk.superseded IS NOT NULL AND chunk.cited
    AND source.chunk_id = chunk.id
    AND (source.stale_since IS NULL OR (%(version)s::bigint IS NULL AND source.stale_version IS NOT NULL))
    RETURNING source.request_id, source.key
)
SELECT count(DISTINCT marked.request_id) FROM marked
JOIN requests_app_airequest AS request ON request.id = marked.request_id AND request.status = 'done'
WHERE EXISTS (
    SELECT FROM requests_app_citation AS citation
    WHERE citation.request_id = marked.request_id AND citation.key = marked.key
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a document that an answer cites. One that the asker may no longer see has no name here.

    ``since`` is from when on the answer is stale, and ``version`` the first that says something else, or None where the
    document is gone by now.
    """

    reason: str
    since: datetime
    version: int | None = None
    source_type: str = ""
    source: UUID | None = None
    title: str = ""


def mark(facts: PassagesSuperseded, **_: Any) -> None:
    """In the transaction that supersedes them, under its view."""
    reason = StaleReason.REMOVED if facts.version is None else StaleReason.CHANGED
    asked = {"document": facts.document, "version": facts.version, "reason": reason.value}
    with connection.cursor() as cursor:
        cursor.execute(MARK, asked)
        [answers] = cursor.fetchone()
    if answers:
        announce_stale(AnswersStale(reason=reason.value, answers=answers))


def stale(requests: QuerySet[AIRequest]) -> QuerySet[AIRequest]:
    """Those among them whose answers are."""
    return requests.filter(has_stale_sources(), status=Status.DONE)


def has_stale_sources() -> Exists:
    """Of a query of requests, answered or not."""
    return Exists(RequestSource.objects.stale().filter(request=OuterRef("pk")))


def changes(request: AIRequest) -> tuple[Change, ...]:
    """Since the answer, by document; nothing of an answer that has not been delivered."""
    if request.status != Status.DONE:
        return ()
    marked = list(RequestSource.objects.stale().filter(request=request).order_by("stale_since", "pk"))
    if not marked:
        return ()
    with seeing(request):
        chunks = KnowledgeChunk.objects.filter(pk__in=[source.chunk_id for source in marked])
        documents = {chunk.pk: chunk.knowledge_document for chunk in chunks.select_related("knowledge_document")}
    grouped: dict[KnowledgeDocument | None, list[RequestSource]] = defaultdict(list)
    for source in marked:
        grouped[documents.get(source.chunk_id)].append(source)
    return tuple(_change(document, sources[0]) for document, sources in grouped.items())


def _change(document: KnowledgeDocument | None, first: RequestSource) -> Change:
    assert first.stale_since is not None  # noqa: S101 - only marked ones are looked at
    if document is None:
        return Change(reason=StaleReason.CHANGED, since=first.stale_since)
    return Change(
        reason=first.stale_reason,
        since=first.stale_since,
        version=first.stale_version,
        source_type=document.source_type,
        source=document.source,
        title=document.title,
    )
