"""For test suites of projects on top: requests run to their end inside the test's own process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from requests_app.models import FINAL, AIRequest, Status
from requests_app.worker import WorkerProcess

PAUSE_S = 0.02


class FinishTimeout(AssertionError):
    pass


class InlineWorker:
    """A whole worker on threads of this process. Its database steps are commits: the test must commit too."""

    def __init__(self, process: WorkerProcess) -> None:
        self._process = process

    def finish(self, request: AIRequest, *, within_s: float = 10.0) -> AIRequest:
        """Work off what waits until the request is final or in review, and return it as it is then."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            request.refresh_from_db()
            if request.status in {*FINAL, Status.REVIEW}:
                return request
            if not self._process.run_next():  # until the worker has its lease, nothing is claimed
                time.sleep(PAUSE_S)
        raise FinishTimeout(f"request {request.pk} is still {request.status} after {within_s:g} s")


@contextmanager
def inline_worker() -> Iterator[InlineWorker]:
    process = WorkerProcess()
    process.start()
    try:
        yield InlineWorker(process)
    finally:
        process.stop()
