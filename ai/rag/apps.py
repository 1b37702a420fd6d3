from django.apps import AppConfig


class RagConfig(AppConfig):
    """Knowledge: documents cut into chunks that questions find. It knows a document as a source's type and id."""

    name = "ai.rag"
    label = "ai_rag"
    verbose_name = "Knowledge"
