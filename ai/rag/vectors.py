"""Vectors that wait for their version to be published."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.db.models.expressions import Combinable
from uuid_utils.compat import uuid7

from ai.rag.chunking import Piece
from ai.rag.claims import Claim
from ai.rag.models import TEXT_SEARCH, EmbeddingSet, KnowledgeDocument, KnowledgeVector


def keep(claim: Claim, cut: Sequence[Piece], vectors: Sequence[Sequence[float]], target: EmbeddingSet) -> None:
    """Under numbers that no passage has: publishing gives them theirs."""
    document = KnowledgeDocument.objects.get(pk=claim.id)
    KnowledgeVector.objects.bulk_create(
        KnowledgeVector(
            chunk_id=uuid7(),
            embedding_set=target,
            knowledge_document_id=document.pk,
            content_hash=piece.content_hash,
            subject=document.subject,
            scope=document.scope,
            visibility=document.visibility,
            live=False,
            embedding=list(vector),
            tsv=words_of(piece),
        )
        for piece, vector in zip(cut, vectors, strict=True)
    )


def words_of(piece: Piece) -> Combinable:
    """Headings weigh more than text."""
    above = SearchVector(Value(" ".join(piece.heading_path)), config=TEXT_SEARCH, weight="A")
    return above + SearchVector(Value(piece.text), config=TEXT_SEARCH, weight="B")
