"""Embedding models have breakers and limits as all models do: whoever embeds asks them first, and tells them after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from pytest_django.fixtures import Settings
from uuid_utils.compat import uuid7

from accounts.models import User
from ai import client
from ai.breaker import Breaker
from ai.embedding import Embedding
from ai.embedding_limits import spec_with_limits
from ai.embedding_models import embedding_model
from ai.errors import EmbedderResting, NotEmbedded
from ai.meter import Account
from ai.models import LLMProvider
from ai.providers.fake import FakeProvider, Script, fake_provider
from ai.routing.publish import publish
from ai.traffic import key_of, limits_of
from ai.types import EmbeddingModel
from requests_app.errors import BudgetExceeded
from requests_app.models import TokenBudget

ALWAYS_OPEN = 9e9


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    settings.LINTEL_BREAKER_CALLS = 5
    with fake_provider() as fake:
        settings.LINTEL_BASE_URLS = [fake.openai_url]
        settings.LINTEL_EMBEDDING_BASE_URL = fake.openai_url
        settings.LINTEL_EMBEDDING_MODEL = f"fake-{uuid7().hex}-32"
        settings.LINTEL_EMBEDDING_DIMENSIONS = 32
        yield fake


@pytest.fixture
def who(alice: User) -> dict[str, Any]:
    return {"user": alice.pk, "team": alice.personal_team.pk}


@pytest.fixture
def shared(settings: Settings) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.CACHE_URL, decode_responses=True) as client:
        yield client


def chosen() -> EmbeddingModel:
    model = embedding_model()
    assert model is not None
    return model


def stored(shared: redis.Redis) -> Breaker:
    return Breaker.parse(str(shared.get(key_of(chosen().spec))))


def put(shared: redis.Redis, breaker: Breaker) -> None:
    shared.set(key_of(chosen().spec), breaker.dump(), ex=600)


@pytest.mark.parametrize(
    ("script", "jobs", "calls", "least", "most"),
    [
        (Script(status=500), 3, (5, 6), 0, 10),
        (Script(ending="vanish"), 3, (5, 6), 0, 10),
        (Script(status=401), 1, (1, 1), 50, 60),
        (Script(status=429, retry_after="40"), 1, (1, 1), 35, 40),
        (Script(status=429), 1, (1, 2), 0, 2),
    ],
    ids=["fails", "vanishes", "key rejected", "told to wait", "limited without a word"],
)
def test_left_alone_nobody_is_called(
    fake: FakeProvider, who: dict[str, Any], script: Script, jobs: int, calls: tuple[int, int], least: int, most: int
) -> None:
    fake.scripts.default = script
    for _job in range(jobs):
        with pytest.raises(NotEmbedded):
            client.generate_embedding("the quay", **who)
    made = len(fake.ledger.calls)
    assert calls[0] <= made <= calls[1]
    fake.scripts.default = Script()
    if most > 2:  # a pause of a second at most may be over before anybody looks
        with pytest.raises(EmbedderResting) as resting:
            client.generate_embedding("the quay", **who)
        assert len(fake.ledger.calls) == made
        assert least < (resting.value.after_s or 0) <= most + 10  # those who come back do not come all at once


@pytest.mark.parametrize("status", [400, 413])
def test_bad_input_counts_against_nobody(fake: FakeProvider, who: dict[str, Any], status: int) -> None:
    fake.scripts.default = Script(status=status)
    for _job in range(6):
        with pytest.raises(NotEmbedded):
            client.generate_embedding("the quay", **who)
    assert len(fake.ledger.calls) == 6


def test_a_pause_that_nobody_told_is_kept_for_all(fake: FakeProvider, who: dict[str, Any], shared: redis.Redis) -> None:
    fake.scripts.default = Script(status=429)
    with pytest.raises(NotEmbedded):
        client.generate_embedding("the quay", **who)
    assert (stored(shared).state, stored(shared).pause_s) in [("resting", 1.0), ("resting", 2.0)]


def test_one_call_ends_it(fake: FakeProvider, who: dict[str, Any], shared: redis.Redis) -> None:
    put(shared, Breaker(state="open", until=1.0, open_s=10.0))
    assert client.generate_embedding("the quay", **who).embeddings
    assert stored(shared).state == "closed"


def test_a_probe_that_the_budget_refuses_is_given_back(
    fake: FakeProvider, who: dict[str, Any], alice: User, shared: redis.Redis
) -> None:
    put(shared, Breaker(state="open", until=1.0, open_s=10.0))
    TokenBudget.objects.create(user=alice, limit=2)
    with pytest.raises(BudgetExceeded):
        client.generate_embedding("the quay was rebuilt in stone by many hands", **who)
    TokenBudget.objects.all().delete()
    assert not fake.ledger.calls
    assert client.generate_embedding("the quay", **who).embeddings


def test_limits_of_a_provider_of_its_name_hold(fake: FakeProvider, who: dict[str, Any], shared: redis.Redis) -> None:
    publish()
    LLMProvider.objects.create(name="embeddings", kind="openai", base_url=fake.openai_url, requests_per_minute=1)
    assert client.generate_embedding("the quay", **who).embeddings
    with pytest.raises(EmbedderResting):
        client.generate_embedding("the quay", **who)
    assert len(fake.ledger.calls) == 1
    shared.delete(*limits_of(spec_with_limits(chosen()), 1))


def test_one_that_runs_here_asks_nobody(fake: FakeProvider, who: dict[str, Any], shared: redis.Redis) -> None:
    put(shared, Breaker(state="open", until=ALWAYS_OPEN, open_s=10.0))
    own = replace(chosen(), provider=replace(chosen().provider, demonstration=True))
    account = Account(reference=uuid7(), subject=who["user"], scope=who["team"], expires_s=60.0)
    with Embedding(model=own, account=account, action="embedding") as work:
        assert work.embed(["the quay"])


def test_without_redis_it_calls(fake: FakeProvider, who: dict[str, Any], settings: Settings) -> None:
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    assert client.generate_embedding("the quay", **who).embeddings
