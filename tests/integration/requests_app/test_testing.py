"""The whole way of a request inside one process, as test suites of projects on top take it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.providers.fake import Script, fake_provider, fault
from requests_app.intake import accept
from requests_app.models import AIRequest
from requests_app.testing import FinishTimeout, inline_worker
from requests_app.worker import WorkerProcess
from tests.integration.requests_app.conftest import SUMMARY

pytestmark = pytest.mark.usefixtures("committed")


def test_request_runs_to_its_end(settings: Settings) -> None:
    with fake_provider() as fake, inline_worker() as worker:
        settings.LINTEL_EMBEDDED_MODEL_URL = fake.openai_url
        fake.scripts.push(fault("cut", text="lost"), Script(text="kept"))
        request = worker.finish(accept(User.objects.create_user("dora"), SUMMARY).request)
    assert (request.status, request.result) == ("done", "kept")
    assert [call.text for call in fake.ledger.calls] == ["lost", "kept"]
    assert request.attempts.count() == 2


def test_request_that_does_not_end_is_told(settings: Settings) -> None:
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDED_MODEL_URL = fake.openai_url
        waiting: AIRequest = accept(User.objects.create_user("dora"), SUMMARY).request
        with inline_worker() as worker, pytest.raises(FinishTimeout, match="pending"):
            worker.finish(waiting, within_s=0.0)


def test_a_worker_ends_though_a_task_swallows_its_cancelling() -> None:
    waits = threading.Event()

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            waits.set()
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    process = WorkerProcess()
    process.start()
    process._loop.call_soon_threadsafe(lambda: process._keep(process._loop.create_task(stubborn(), name="live")))
    assert waits.wait(30)
    process.stop()
