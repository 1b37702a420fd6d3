"""Passages for requests of prompts that retrieve: searched for once, kept before a model sees them, cited at the end.

All of it in the asker's name. Who may no longer see a document no longer reads its passages here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.models import Membership
from ai.prompts.registry import stored_prompt
from ai.rag.citing import Citing, citing
from ai.rag.context import Block, Passage, block_of, build_context
from ai.rag.looking import passage_of
from ai.rag.models import KnowledgeChunk, State
from ai.rag.retrieval import retrieve
from ai.rag.staging import lock
from ai.rag.store import Viewer
from ai.rag.viewing import viewing
from requests_app.models import AIRequest, Citation, RequestSource, StaleReason

if TYPE_CHECKING:
    from ai.prompts.spec import Retrieve


@dataclass(frozen=True, slots=True)
class NothingFound:
    """The documents that the asker sees say nothing about it: by rule, no model is asked."""


def retrieves(request: AIRequest) -> bool:
    return _terms(request) is not None


def _terms(request: AIRequest) -> Retrieve | None:
    return stored_prompt(request.template_id).spec.retrieve


def viewer_of(user_id: UUID) -> Viewer:
    teams = Membership.objects.filter(user_id=user_id).values_list("team_id", flat=True)
    return Viewer(subject=user_id, scopes=tuple(teams))


def search(request: AIRequest) -> tuple[Block, ...]:
    """What answers the request's question now; nothing where an earlier search has found what stays.

    It may call an embedding model: not for a thread of the database pool.
    Raises NotEmbedded, ConfigurationError, and what the meter refuses with.
    """
    terms = _terms(request)
    if terms is None or keys(request):
        return ()
    viewer = viewer_of(request.user_id)
    found = retrieve(
        request.payload[terms.query],
        scope=viewer,
        team=request.team_id,
        top_k=terms.top_k,
        min_score=terms.min_score,
        neighbours=True,
    )
    return build_context([*found.passages, *found.neighbours], terms.tokens).blocks


def keep(request: AIRequest, blocks: Sequence[Block], *, attempt: int) -> tuple[Block, ...]:
    """Store what was found, where nothing is stored yet; returns what this and every later attempt is shown.

    A passage that went with its document meanwhile is not among them. Nothing is stored where the fence was lost.
    """
    with seeing(request):
        held = AIRequest.objects.held(request.pk, attempt).select_for_update(of=("self",), no_key=True)
        if held.exists() and not RequestSource.objects.filter(request=request).exists():
            _store(request, blocks)
        return _given(request)


def _store(request: AIRequest, blocks: Iterable[Block]) -> None:
    passages = {passage.chunk: (block.key, passage) for block in blocks for passage in block.passages}
    chunks = KnowledgeChunk.objects.filter(pk__in=passages)
    lock(chunks)
    chunks.update(cited=True)  # from here on it stays as it is, whatever becomes of its document
    RequestSource.objects.bulk_create(
        _source(request, chunk, *passages[chunk.pk]) for chunk in chunks.select_related("knowledge_document")
    )


def _source(request: AIRequest, chunk: KnowledgeChunk, key: int, passage: Passage) -> RequestSource:
    return RequestSource(
        request=request,
        chunk=chunk,
        document=passage.document,
        version=passage.version,
        ordinal=passage.position,
        start=passage.start,
        end=passage.end,
        key=key,
        score=passage.score,
        **_stale(chunk),
    )


def _stale(chunk: KnowledgeChunk) -> dict[str, Any]:
    """The marks of a source whose passage was superseded after it was found; requests_app.freshness sets them later."""
    if chunk.superseded is None:
        return {}
    removed = chunk.knowledge_document.state == State.REMOVED
    return {
        "stale_since": chunk.superseded_at,
        "stale_reason": StaleReason.REMOVED if removed else StaleReason.CHANGED,
        "stale_version": None if removed else chunk.knowledge_document.indexed,
    }


def given(request: AIRequest) -> tuple[Block, ...]:
    """What its models are shown, as far as its asker may see it now."""
    with seeing(request):
        return _given(request)


def shown(request: AIRequest) -> dict[int, str]:
    """By the number that the answer cites: each with the headings it stands under."""
    return {block.key: _headed(block) for block in given(request)}


def _headed(block: Block) -> str:
    first = block.passages[0]
    heading = " > ".join(filter(None, [first.title, *first.headings]))
    return f"{heading}\n\n{block.text}" if heading else block.text


def cite(request: AIRequest, answer: str) -> None:
    """Store what the answer names, in the caller's transaction."""
    if not retrieves(request):
        return
    found = citations_in(request, answer)
    Citation.objects.filter(request=request).delete()
    Citation.objects.bulk_create(found)


def citations_in(request: AIRequest, answer: str) -> list[Citation]:
    """What an answer to it names, not stored."""
    with seeing(request):
        found = cited(request, answer)
    rows = list(RequestSource.objects.filter(request=request).order_by("-ordinal"))
    of_chunk, first = {row.chunk_id: row for row in rows}, {row.key: row for row in rows}
    return [
        Citation(
            request=request,
            position=each.position,
            key=each.key,
            source=of_chunk[each.passage.chunk] if each.passage else first.get(each.key),
            quote_start=each.quote_start,
            quote_end=each.quote_end,
        )
        for each in found.cited
    ]


def keys(request: AIRequest) -> frozenset[int]:
    """The numbers that an answer may cite, also of passages that its asker may no longer see."""
    return frozenset(RequestSource.objects.filter(request=request).values_list("key", flat=True))


def cited(request: AIRequest, answer: str) -> Citing:
    return citing(answer, given(request))


@contextmanager
def seeing(request: AIRequest) -> Iterator[None]:
    """In the name of its asker as a member of the teams of now."""
    viewer = viewer_of(request.user_id)
    with viewing(subject=viewer.subject, scopes=viewer.scopes):
        yield


def _given(request: AIRequest) -> tuple[Block, ...]:
    """Row-level security leaves out the chunks that the asker may not see, and the join their sources with them."""
    rows = RequestSource.objects.filter(request=request).select_related("chunk__knowledge_document")
    ordered = sorted(rows, key=attrgetter("key", "ordinal"))
    return tuple(block_of(key, map(_passage, group)) for key, group in groupby(ordered, key=attrgetter("key")))


def _passage(row: RequestSource) -> Passage:
    """Where it stood when it was found."""
    passage = passage_of(row.chunk, score=row.score)
    return replace(passage, version=row.version, position=row.ordinal, start=row.start, end=row.end)
