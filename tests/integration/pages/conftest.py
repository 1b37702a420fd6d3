from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import ApiToken, User
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, Status, StreamChunk, WorkerLease
from requests_app.models.clock import DatabaseClock, seconds_from_now

MODEL = "smollm2-135m-instruct"


@pytest.fixture
def mallorys(mallory: User) -> Client:
    client = Client()
    client.force_login(mallory)
    return client


@pytest.fixture
def api_token(alice: User) -> str:
    """With which alice's program calls."""
    token: str = ApiToken.objects.create(user=alice, name="tests")[1]
    return token


@pytest.fixture
def summary(alice: User) -> AIRequest:
    """alice's request for a summary, waiting."""
    return accept(alice, Submission(prompt_key="document_summary", payload={"document": "The quay."})).request


@pytest.fixture
def sorting(alice: User) -> AIRequest:
    """alice's ticket, waiting; its answer will be data."""
    return accept(alice, Submission(prompt_key="ticket_classify", payload={"ticket": "Charged twice."})).request


def running(request: AIRequest, text: str = "") -> AIRequest:
    """The same request in a worker's hands, with this text in its log."""
    lease = WorkerLease.objects.create(host="here", pid=1, expires_at=seconds_from_now(60))
    moved = AIRequest.objects.filter(pk=request.pk).move(
        Status.PROCESSING, lease=lease, attempt=1, model=MODEL, provider="embedded", started=DatabaseClock()
    )
    assert moved == 1
    request.attempts.create(number=1, reason="first", provider="embedded", model=MODEL)
    if text:
        StreamChunk.objects.create(request_id=request.pk, attempt=1, start=0, text=text)
    request.refresh_from_db()
    return request


def ended(request: AIRequest, status: Status = Status.DONE, text: str = "", **changes: object) -> AIRequest:
    """The same request after its end."""
    done = status == Status.DONE
    fields = {"output_tokens": 4, "input_tokens": 9, "cost_usd": 0, "cache_read_tokens": 0, "cache_write_tokens": 0}
    AIRequest.objects.filter(pk=running(request).pk).move(
        status, result=text if done else None, partial="" if done else text, **{**fields, **changes}
    )
    request.attempts.update(outcome="done" if done else status, closed=DatabaseClock())
    request.refresh_from_db()
    return request
