from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


class RagConfig(AppConfig):
    """Knowledge: documents cut into chunks that questions find. It knows a document as a source's type and id."""

    name = "ai.rag"
    label = "ai_rag"
    verbose_name = "Knowledge"

    def ready(self) -> None:
        # By name: these need the models, which do not exist when this file is imported.
        import_module("ai.rag.checks")
        make = import_string("ai.rag.sets.make_after_migrate")
        post_migrate.connect(make, sender=self, dispatch_uid="ai.rag.sets")
