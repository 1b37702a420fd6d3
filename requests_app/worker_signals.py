"""Celery's signals of a worker's life: the one that consumes the requests' queue gets its event loop and keeper.

It begins at ``worker_init``, before there is a broker connection: waiting requests are worked off even while Redis is
away.
"""

from __future__ import annotations

from typing import Any

from celery import concurrency, signals
from django.conf import settings

from requests_app import worker
from requests_app.wake import QUEUE

THREADS = "celery.concurrency.thread"


@signals.worker_init.connect
def become_request_worker(sender: Any, **_: Any) -> None:
    if QUEUE not in sender.app.amqp.queues.consume_from:
        return
    if concurrency.get_implementation(sender.pool_cls).__module__ != THREADS:
        raise SystemExit(f"The queue {QUEUE!r} needs a pool of threads: start this worker with -P threads.")
    worker.start_worker()


@signals.worker_shutting_down.connect
def hand_over(**_: Any) -> None:
    """Warm shutdown: claim nothing more, give streams a grace, then leave them to other workers."""
    if worker.is_worker():
        worker.this_worker().close(settings.LINTEL_SHUTDOWN_GRACE_SECONDS)


@signals.worker_shutdown.connect
def give_back(**_: Any) -> None:
    if worker.is_worker():
        worker.this_worker().stop()
