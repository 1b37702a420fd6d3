"""A warm process from which dying ones are forked: everything is imported, nothing is connected, no thread runs.

A line of JSON on its input is a child's part and its fault; the answer is how the child ended and what it counted.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from typing import Any

import django

django.setup()

from ai.providers import load_adapters  # noqa: E402 - Django first
from ai.routing import available_providers  # noqa: E402
from config.celery import app  # noqa: E402
from requests_app.worker import WorkerProcess  # noqa: E402
from tests.faults.nth.life import Submitting, hints_are_sent  # noqa: E402
from tests.faults.nth.outside import Fault, outside, plant  # noqa: E402

PAUSE_S = 0.01


def submit(token: str, mark: str) -> None:
    Submitting(token=token, mark=mark).once()
    hints_are_sent()


def work() -> None:
    """Run one request, as a Celery task does."""
    process = WorkerProcess()
    process.start()
    while not process.run_next():
        time.sleep(PAUSE_S)
    process.stop()


def child(told: dict[str, Any]) -> dict[str, int]:
    fault = Fault(**told["fault"]) if told["fault"] else None
    with outside.watched(told["side"], fault):
        if told["side"] == "web":
            submit(told["token"], told["mark"])
        else:
            work()
        return dict(outside.counts)


def forked(told: dict[str, Any]) -> dict[str, Any]:
    """The child's counts, or the signal that ended it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, json.dumps(child(told)).encode())
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        counts = answer.read()
    return {"pid": pid, "ended": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), "counts": json.loads(counts or "{}")}


def main() -> None:
    load_adapters(available_providers())
    app.finalize()
    plant()
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
