"""The Celery application: queues, time limits, and the default beat schedule as data."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

from requests_app.wake import SWEEP_TASK

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("lintel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    # Also the sign of life of beat and of the jobs worker: /healthz reads it.
    "sweep": {"task": SWEEP_TASK, "schedule": 15.0, "options": {"expires": 30}},
}
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="worker_signals")


@signals.setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """Django's LOGGING has been applied already; Celery is kept from replacing it."""


@signals.beat_init.connect
def sweep_at_once(**_: Any) -> None:
    """A new beat shows itself at its start, not a period later."""
    app.send_task(SWEEP_TASK, expires=30)
