"""The Celery application. What beat sends stands in the database (config/schedule.py)."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.utils.module_loading import import_string

from config import broker, logs, tracing
from requests_app.wake import SWEEP_TASK

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

broker.use_lasting_rooms()
app = Celery("lintel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="worker_signals")


@signals.setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """Django's LOGGING has been applied already; Celery is kept from replacing it."""


@signals.celeryd_init.connect
def sign_log_lines(sender: str, **_: Any) -> None:
    logs.name_worker(sender)


@signals.worker_init.connect
def send_traces(**_: Any) -> None:
    tracing.start()


@signals.worker_init.connect
def show_metrics(**_: Any) -> None:
    if settings.LINTEL_METRICS_DIR is not None and settings.LINTEL_METRICS_PORT:
        serve = import_string("config.metrics.exposition.serve")  # by name: it needs the models
        serve(settings.LINTEL_METRICS_DIR, settings.LINTEL_METRICS_HOST, settings.LINTEL_METRICS_PORT)


@signals.beat_init.connect
def sweep_at_once(**_: Any) -> None:
    """A new beat shows itself at its start, not a period later."""
    app.send_task(SWEEP_TASK, expires=30)
