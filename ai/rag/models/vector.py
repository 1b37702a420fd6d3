from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import VectorField

from ai.rag.models.document import KnowledgeDocument, Visibility
from ai.rag.models.embedding_set import EmbeddingSet

TEXT_SEARCH = "english"
"""The text search configuration of ``tsv``; a query must name the same."""


class KnowledgeVectorQuerySet(models.QuerySet["KnowledgeVector"]):
    def update_where_unlike(self, document: KnowledgeDocument) -> int:
        """Show to whom the document is shown now; it may have changed after they were made."""
        seen = {"subject": document.subject, "scope": document.scope, "visibility": document.visibility}
        return self.exclude(**seen).update(**seen)


class KnowledgeVector(models.Model):
    """What searches look through: no text, and no row-level security, under which no text index is used.

    Whoever searches names visibility in the query and joins passages back by ``chunk_id``. Whether it is ``live``
    decides alone what is found: until its version is published, a vector waits here without a chunk. Who may see it is
    its document's, repeated here and changed in the same commit.
    """

    pk = models.CompositePrimaryKey("chunk_id", "embedding_set_id")
    chunk_id = models.UUIDField()
    embedding_set = models.ForeignKey(EmbeddingSet, on_delete=models.PROTECT, db_index=False)
    knowledge_document_id = models.UUIDField()
    content_hash = models.CharField(max_length=64)
    subject = models.UUIDField()
    scope = models.UUIDField()
    visibility = models.CharField(max_length=16, choices=Visibility.choices)
    live = models.BooleanField(default=False)
    embedding = VectorField()
    tsv = SearchVectorField()

    objects = KnowledgeVectorQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["knowledge_document_id"], name="vector_of_document"),
            # One for each way in which a passage may be seen, with all that counting asks of it.
            models.Index(fields=["embedding_set", "subject"], name="vector_of_owner", condition=models.Q(live=True)),
            models.Index(
                fields=["embedding_set", "scope"],
                include=["subject"],
                name="vector_of_team",
                condition=models.Q(live=True, visibility=Visibility.TEAM),
            ),
            models.Index(
                fields=["embedding_set"],
                include=["subject"],
                name="vector_of_everybody",
                condition=models.Q(live=True, visibility=Visibility.ALL),
            ),
            GinIndex(fields=["tsv"], name="vector_text"),
        ]

    def __str__(self) -> str:
        return f"{self.chunk_id} in {self.embedding_set_id}"
