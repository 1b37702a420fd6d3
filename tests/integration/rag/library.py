"""Documents of alice and bob as the index holds them, without anything that embeds."""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from uuid_utils.compat import uuid7

from ai.rag.models import TEXT_SEARCH, EmbeddingSet, KnowledgeChunk, KnowledgeDocument, KnowledgeVector, State
from ai.rag.viewing import viewing

ALICE, BOB, MALLORY = (UUID(int=number) for number in (1, 2, 3))
STAFF, GUESTS = UUID(int=11), UUID(int=12)


def put(text: str, *, owner: UUID, team: UUID = STAFF, visibility: str = "private") -> KnowledgeChunk:
    """A document of one passage."""
    document = KnowledgeDocument.objects.create(
        source_type="test", source=uuid7(), subject=owner, scope=team, visibility=visibility, title=text,
        wanted=1, indexed=1, generation=1, state=State.READY,
    )  # fmt: skip
    with viewing(subject=owner, scopes=[]):
        return KnowledgeChunk.objects.create(
            knowledge_document=document, version=1, generation=1, ordinal=0, text=text, start=0, end=len(text),
            content_hash=text, tokens=len(text.split()),
        )  # fmt: skip


def put_vector(chunk: KnowledgeChunk, embedding: list[float], in_set: EmbeddingSet) -> KnowledgeVector:
    document = chunk.knowledge_document
    return KnowledgeVector.objects.create(
        chunk_id=chunk.pk, embedding_set=in_set, knowledge_document_id=document.pk, content_hash=chunk.content_hash,
        subject=document.subject, scope=document.scope, visibility=document.visibility, live=True,
        embedding=embedding, tsv=SearchVector(Value(chunk.text), config=TEXT_SEARCH),
    )  # fmt: skip
