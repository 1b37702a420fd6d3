"""Vectors are asked for by the owner's budget, logged, and settled, however a call ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from accounts.models import User
from ai import client
from ai.errors import ConfigurationError, InsideHandler, NotEmbedded
from ai.models import LLMUsageLog
from ai.providers.fake import FakeProvider, Script, fake_provider
from config.request_id import RequestIdMiddleware
from requests_app.errors import BudgetExceeded
from requests_app.models import BudgetHold, BudgetWindow, HoldState, TokenBudget

MODEL = "fake-embedding-32"


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDING_BASE_URL = fake.openai_url
        settings.LINTEL_EMBEDDING_MODEL = MODEL
        settings.LINTEL_EMBEDDING_DIMENSIONS = 32
        yield fake


@pytest.fixture
def who(alice: User) -> dict[str, Any]:
    return {"user": alice.pk, "team": alice.personal_team.pk}


def all_is_settled() -> bool:
    window = BudgetWindow.objects.get()
    recorded = sum(row.tokens for row in LLMUsageLog.objects.all())
    return (int(window.used), int(window.held)) == (recorded, 0) and BudgetHold.objects.get().state == HoldState.SETTLED


def test_texts_become_vectors_of_length_one(fake: FakeProvider, who: dict[str, Any]) -> None:
    done = client.generate_embedding(["the quay", "the quay was rebuilt", "tariffs"], **who)
    near, far = (sum(map(float.__mul__, done.embeddings[0], done.embeddings[n])) for n in (1, 2))
    assert near > far
    assert [round(sum(x * x for x in vector), 6) for vector in done.embeddings] == [1.0] * 3
    assert (done.model, done.provider, done.usage.estimated) == (MODEL, "embeddings", False)
    [row] = LLMUsageLog.objects.filter(reference=done.reference)
    assert (row.prompt_key, row.input_tokens) == ("embedding", fake.ledger.calls[0].input_tokens)
    assert all_is_settled()


def test_many_texts_go_in_batches_of_one_account(fake: FakeProvider, who: dict[str, Any]) -> None:
    done = client.generate_embedding([f"text {n}" for n in range(150)], **who)
    assert len(done.embeddings) == 150
    assert len(fake.ledger.calls) == 3
    assert LLMUsageLog.objects.filter(reference=done.reference).count() == 3
    assert all_is_settled()


def test_a_passing_failure_is_tried_again(fake: FakeProvider, who: dict[str, Any]) -> None:
    fake.scripts.push(Script(status=500))
    assert client.generate_embedding("the quay", **who).embeddings
    assert LLMUsageLog.objects.get(attempt=1).tokens == 0
    assert all_is_settled()


def nothing() -> Script:
    return Script(body='{"data": []}', content_type="application/json")


@pytest.mark.parametrize(
    ("script", "code", "again"),
    [
        (Script(status=400), "provider_rejected", False),
        (Script(status=401), "provider_unavailable", False),
        (Script(status=429, retry_after="40"), "provider_unavailable", True),
        (Script(ending="vanish"), "provider_unavailable", True),
        (Script(status=400, error_code="context_length_exceeded"), "context_exceeded", False),
        (nothing(), "provider_unavailable", True),
        (Script(body="<html>", content_type="text/html"), "provider_unavailable", True),
    ],
)
def test_failures_speak_our_words(
    fake: FakeProvider, who: dict[str, Any], script: Script, code: str, again: bool
) -> None:
    fake.scripts.push(script, script)
    with pytest.raises(NotEmbedded) as failed:
        client.generate_embedding("the quay", **who)
    assert (failed.value.code, failed.value.after_s is not None) == (code, again)
    assert "scripted" not in str(failed.value)
    assert all_is_settled()


def test_a_silent_server_is_given_up(fake: FakeProvider, who: dict[str, Any], settings: Settings) -> None:
    settings.LINTEL_EMBEDDING_SECONDS = 0.2
    fake.scripts.push(Script(first_delay_s=30), Script(first_delay_s=30))
    with pytest.raises(NotEmbedded):
        client.generate_embedding("the quay", **who)
    assert LLMUsageLog.objects.filter(estimated=True, input_tokens__gt=0).count() == 2
    assert all_is_settled()


def test_who_has_no_budget_asks_nobody(fake: FakeProvider, who: dict[str, Any], alice: User) -> None:
    TokenBudget.objects.create(user=alice, limit=2)
    with pytest.raises(BudgetExceeded):
        client.generate_embedding("the quay was rebuilt in stone by many hands", **who)
    assert not fake.ledger.calls


def test_not_while_somebody_waits(fake: FakeProvider, who: dict[str, Any]) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        with pytest.raises(InsideHandler):
            client.generate_embedding("the quay", **who)
        return HttpResponse()

    RequestIdMiddleware(view)(RequestFactory().get("/"))
    assert not fake.ledger.calls


def test_without_a_model_it_says_what_to_set(who: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="LINTEL_EMBEDDING_MODEL"):
        client.generate_embedding("the quay", **who)
