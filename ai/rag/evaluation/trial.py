"""Questions put to an index: the installation's own, or one of some texts that is gone again afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from ai.embedding import Embedding
from ai.rag.calibration import EVERYTHING
from ai.rag.chunking import Piece, Sizes, pieces
from ai.rag.evaluation.labels import Label
from ai.rag.evaluation.measures import DEPTHS, Outcome, outcome
from ai.rag.limits import chunk_tokens
from ai.rag.looking import look
from ai.rag.models import EmbeddingSet, KnowledgeChunk, KnowledgeDocument, State, Visibility
from ai.rag.pgvector_store import PgVectorStore
from ai.rag.store import Entry, Vector, Viewer
from ai.rag.viewing import viewing
from ai.types import EmbeddingModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """Of one text, each with its vector."""

    title: str
    cut: Sequence[Piece]
    vectors: Sequence[Vector]


def prepared(texts: Mapping[str, str], embedding: Embedding) -> list[Passages]:
    """Cut and embedded, before any transaction is begun."""
    sizes = Sizes(most=chunk_tokens(embedding.model.window))
    found = []
    for title, text in texts.items():
        cut = pieces(text, sizes, embedding.count)
        found.append(Passages(title=title, cut=cut, vectors=vectors_of([piece.embedded for piece in cut], embedding)))
    return found


def vectors_of(texts: Sequence[str], embedding: Embedding) -> list[Vector]:
    return [vector for batch in embedding.batches(texts) for vector in embedding.embed(batch)]


@contextmanager
def shelved(texts: Sequence[Passages], model: EmbeddingModel) -> Iterator[tuple[PgVectorStore, Viewer]]:
    """A set and an owner of their own in a transaction that is rolled back: nobody else ever sees a row of it."""
    viewer = Viewer(subject=uuid7())
    with transaction.atomic():
        made = EmbeddingSet.objects.create(model=f"trial {viewer.subject}", dimensions=model.dimensions)
        store = PgVectorStore(made)
        for text in texts:
            store.upsert(_chunks(text, viewer.subject))
        yield store, viewer
        transaction.set_rollback(True)


def ask(
    labels: Sequence[Label],
    vectors: Sequence[Vector],
    *,
    store: PgVectorStore,
    viewer: Viewer,
    words: bool = True,
) -> list[Outcome]:
    """Without a minimum, so that it can be looked for."""
    return [
        outcome(
            label,
            look(
                label.question, vector, store=store, viewer=viewer, top_k=max(DEPTHS), min_score=EVERYTHING, words=words
            ).passages,
        )
        for label, vector in zip(labels, vectors, strict=True)
    ]


def _chunks(text: Passages, owner: UUID) -> list[Entry]:
    document = KnowledgeDocument.objects.create(
        source_type="trial", source=uuid7(), subject=owner, scope=owner, title=text.title, wanted=1, indexed=1,
        generation=1, state=State.READY,
    )  # fmt: skip
    with viewing(subject=owner, scopes=[]):
        chunks = KnowledgeChunk.objects.bulk_create(
            KnowledgeChunk(
                knowledge_document=document, version=1, generation=1, ordinal=ordinal, text=piece.text,
                heading_path=list(piece.heading_path), start=piece.start, end=piece.end,
                content_hash=piece.content_hash, tokens=piece.tokens,
            )
            for ordinal, piece in enumerate(text.cut)
        )  # fmt: skip
    return [
        Entry(
            id=chunk.pk, document=document.pk, subject=owner, scope=owner, visibility=Visibility.PRIVATE,
            vector=vector, words=" ".join([*chunk.heading_path, chunk.text]),
        )
        for chunk, vector in zip(chunks, text.vectors, strict=True)
    ]  # fmt: skip
