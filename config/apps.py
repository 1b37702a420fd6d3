from django.apps import AppConfig

from config import checks as checks  # registers them
from config.celery import app as celery_app

__all__ = ["celery_app"]


class LintelConfig(AppConfig):
    """The composition root: commands, shared templates, wiring. Loading it makes the Celery app the current one."""

    name = "config"
    label = "config"
    verbose_name = "Lintel"
