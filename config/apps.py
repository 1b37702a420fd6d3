from importlib import import_module

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

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
        # By name: it needs the models, which do not exist when this file is imported.
        import_module("config.database_checks")
        beat = apps.get_app_config(LABEL)
        post_migrate.connect(import_after_migrate, sender=beat, dispatch_uid="config.schedule")
