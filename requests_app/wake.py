"""Tell workers that there is work. Only a hint: a lost one is made good by the keepers, which look by themselves."""

from __future__ import annotations

import logging
import queue
import threading
from uuid import UUID

from celery import current_app

logger = logging.getLogger(__name__)

TASK = "requests_app.run_ai_request"
QUEUE = "requests"
MESSAGE_VERSION = 1


class Waker:
    """Sends from a thread of its own, so that a broker that hangs delays nobody."""

    def __init__(self) -> None:
        self._hints: queue.Queue[UUID] = queue.Queue(maxsize=1000)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self, request_id: UUID) -> None:
        """Never waits and never raises; what does not fit is dropped."""
        self._ensure_thread()
        try:
            self._hints.put_nowait(request_id)
        except queue.Full:
            logger.warning("the broker is slow; a wake-up is left to the keepers")

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send_all, name="waker", daemon=True)
                self._thread.start()

    def _send_all(self) -> None:
        while True:
            request_id = self._hints.get()
            try:
                current_app.send_task(
                    TASK, kwargs={"request_id": str(request_id), "v": MESSAGE_VERSION}, queue=QUEUE, retry=False
                )
            except Exception as problem:  # the edge: whatever a broker client raises, the keepers look by themselves
                logger.warning("the broker is away (%s); a wake-up is left to the keepers", type(problem).__name__)


_waker = Waker()
wake = _waker.wake
