"""Hints from the web process: to workers that there is work, to readers that a row changed.

A lost hint is made good by those who look by themselves: keepers for work, readers for their row.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from celery import current_app
from channels.layers import get_channel_layer

from requests_app.live import GROUP, SEND_SECONDS, change_message

logger = logging.getLogger(__name__)

TASK = "requests_app.run_ai_request"
SWEEP_TASK = "requests_app.sweep"
MAIL_TASK = "requests_app.mail_budgets"
REVIEW_MAIL_TASK = "requests_app.mail_overdue_reviews"
RESET_TASK = "requests_app.reset_daily_token_budgets"
REPORT_TASK = "requests_app.ai_quality_report"
COUNT_TASK = "requests_app.count_usage"
QUEUE = "requests"
MESSAGE_VERSION = 1


class Announcer:
    """Sends from a thread of its own, so that a Redis that hangs delays nobody. Never waits and never raises."""

    def __init__(self) -> None:
        self._hints: queue.Queue[Callable[[], object]] = queue.Queue(maxsize=1000)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self, request_id: UUID) -> None:
        """There is work for some worker."""
        arguments = {"request_id": str(request_id), "v": MESSAGE_VERSION}
        self._say(partial(current_app.send_task, TASK, kwargs=arguments, queue=QUEUE, retry=False))

    def changed(self, request_id: UUID) -> None:
        """A row is worth a look to its readers."""
        self._say(partial(async_to_sync(_publish_change), request_id))

    def wake_mail(self) -> None:
        """A budget has reached a step that its owners should hear of."""
        self._say(partial(current_app.send_task, MAIL_TASK, retry=False))

    def send(self, task: str, arguments: dict[str, Any], *, queue: str, after_s: float = 0.0) -> None:
        """A task that a sweep would find without this."""
        self._say(
            partial(current_app.send_task, task, kwargs=arguments, queue=queue, countdown=after_s or None, retry=False)
        )

    def _say(self, hint: Callable[[], object]) -> None:
        self._ensure_thread()
        try:
            self._hints.put_nowait(hint)
        except queue.Full:
            logger.warning("Redis is slow; a hint is left out, and what it was about is found without it")

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send_all, name="announcer", daemon=True)
                self._thread.start()

    def _send_all(self) -> None:
        while True:
            hint = self._hints.get()
            try:
                hint()
            except Exception as problem:  # the edge: whatever a client of Redis raises, nothing rests on a hint
                logger.warning("Redis is away (%s); a hint is left out", type(problem).__name__)


async def _publish_change(request_id: UUID) -> None:
    layer: Any = get_channel_layer()
    async with asyncio.timeout(SEND_SECONDS):
        await layer.group_send(GROUP, change_message([request_id]))


_announcer = Announcer()
wake, changed, wake_mail, send = _announcer.wake, _announcer.changed, _announcer.wake_mail, _announcer.send
