from importlib import import_module

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """What people have written or uploaded, in versions. It knows nothing of models and their answers."""

    name = "documents"
    label = "documents"
    verbose_name = "Documents"

    def ready(self) -> None:
        import_module("documents.signals")
