"""Every table of the app `ai_rag`, gathered where Django looks for them."""

from ai.rag.models.chunk import KnowledgeChunk
from ai.rag.models.document import KnowledgeDocument, State, Visibility
from ai.rag.models.embedding_set import EmbeddingSet
from ai.rag.models.vector import TEXT_SEARCH, KnowledgeVector

__all__ = [
    "TEXT_SEARCH",
    "EmbeddingSet",
    "KnowledgeChunk",
    "KnowledgeDocument",
    "KnowledgeVector",
    "State",
    "Visibility",
]
