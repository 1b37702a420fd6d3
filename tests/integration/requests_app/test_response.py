"""A view of a project on top serves a request's log as its own response."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.providers.fake import FakeProvider, Script, fake_provider
from requests_app import stream
from requests_app.intake import accept, cancel
from requests_app.models import AIRequest
from requests_app.testing import inline_worker
from tests.integration.requests_app.conftest import SUMMARY

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDED_MODEL_URL = fake.openai_url
        yield fake


@pytest.fixture
def request_(fake: FakeProvider) -> AIRequest:
    return accept(User.objects.create_user("dora"), SUMMARY).request


def read(request: AIRequest) -> list[dict[str, Any]]:
    text = b"".join(stream.response(request.pk).streaming_content).decode()  # type: ignore[arg-type]
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def test_it_follows_the_log_to_the_end(fake: FakeProvider, request_: AIRequest) -> None:
    fake.scripts.push(Script(chunks=("The ", "quay.")))
    seen: list[dict[str, Any]] = []
    reader = threading.Thread(target=lambda: seen.extend(read(request_)))
    reader.start()
    with inline_worker() as worker:
        worker.finish(request_)
    reader.join(60)
    assert not reader.is_alive()
    assert "".join(event["text"] for event in seen if event["type"] == "chunk") == "The quay."
    assert (seen[-1]["type"], seen[-1]["status"]) == ("end", "done")


def test_of_an_ended_one_it_has_all_at_once(request_: AIRequest) -> None:
    cancel(request_)
    assert [event["type"] for event in read(request_)] == ["end"]


def test_silence_is_broken_by_pings(request_: AIRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PING_S", 0.01)
    streamed = stream.response(request_.pk)
    words = {word for _each, word in zip(range(100), streamed.streaming_content, strict=False)}  # type: ignore[arg-type]
    assert b": ping\n\n" in words
    streamed.close()
