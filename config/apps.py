from importlib import import_module

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string

from config import checks as checks  # registers them
from config.celery import app as celery_app
from config.schedule import LABEL, import_after_migrate

__all__ = ["celery_app"]


class LintelConfig(AppConfig):
    """The composition root: commands, shared templates, wiring. Loading it makes the Celery app the current one."""

    name = "config"
    label = "config"
    verbose_name = "Lintel"

    def ready(self) -> None:
        # By name: these need the models, which do not exist when this file is imported.
        import_module("config.database_checks")
        import_string("config.wiring.wire")()
        if settings.LINTEL_METRICS_DIR is not None:
            import_string("config.metrics.figures.count_into")(settings.LINTEL_METRICS_DIR)
        beat = apps.get_app_config(LABEL)
        post_migrate.connect(import_after_migrate, sender=beat, dispatch_uid="config.schedule")
