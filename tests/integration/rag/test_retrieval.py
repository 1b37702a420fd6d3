"""A question to its passages: its vector is asked for once, in workers alone, and paid for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings
from redis.exceptions import RedisError

from accounts.models import User
from ai.errors import ConfigurationError, InsideHandler
from ai.handlers import handling
from ai.models import LLMUsageLog
from ai.providers.fake import FakeProvider, fake_provider
from ai.providers.fake.embeddings import vector
from ai.rag.looking import Found
from ai.rag.memory import MemoryStore
from ai.rag.models import EmbeddingSet
from ai.rag.retrieval import retrieve
from ai.rag.store import Viewer
from tests.integration.rag.library import put, put_vector

MODEL, SIZE = "fake-embedding-32", 32
TEXTS = ("the pump shows error E17", "holidays lapse in March", "parcels leave at one")


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    cache.clear()
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDING_BASE_URL = fake.openai_url
        settings.LINTEL_EMBEDDING_MODEL = MODEL
        settings.LINTEL_EMBEDDING_DIMENSIONS = SIZE
        yield fake


@pytest.fixture
def shelf(alice: User) -> EmbeddingSet:
    made = EmbeddingSet.objects.create(model=MODEL, dimensions=SIZE, active=True)
    for text in TEXTS:
        put_vector(put(text, owner=alice.pk), vector(text, SIZE), made)
    return made


def ask(query: str, who: User, **options: object) -> Found:
    return retrieve(query, scope=Viewer(subject=who.pk), team=who.personal_team.pk, **options)  # type: ignore[arg-type]


def test_question_finds_its_passage_and_is_paid_for(fake: FakeProvider, shelf: EmbeddingSet, alice: User) -> None:
    found = ask("when do holidays lapse?", alice, top_k=1)
    assert [passage.text for passage in found.passages] == [TEXTS[1]]
    [row] = LLMUsageLog.objects.all()
    assert (row.prompt_key, row.subject, row.scope) == ("retrieve", alice.pk, alice.personal_team.pk)


def test_same_question_is_embedded_once(fake: FakeProvider, shelf: EmbeddingSet, alice: User, bob: User) -> None:
    assert ask("holidays", alice) == ask(" holidays ", alice)
    assert ask("holidays", bob) == Found()
    assert len(fake.ledger.calls) == 1


def test_set_of_another_model_is_not_asked(fake: FakeProvider, shelf: EmbeddingSet, alice: User) -> None:
    ask("holidays", alice)
    EmbeddingSet.objects.update(model="another")
    with pytest.raises(ConfigurationError, match=r"another \(32\), but the settings name fake-embedding-32 \(32\)"):
        ask("parcels", alice)


def test_without_redis_it_is_embedded_each_time(
    fake: FakeProvider, shelf: EmbeddingSet, alice: User, settings: Settings
) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    with pytest.raises(RedisError):
        cache.get("there")
    for _time in range(2):
        assert ask("holidays", alice, top_k=1).passages
    assert len(fake.ledger.calls) == 2


def test_inside_a_handler_it_refuses(fake: FakeProvider, shelf: EmbeddingSet, alice: User) -> None:
    with handling(), pytest.raises(InsideHandler):
        ask("holidays", alice)
    assert not fake.ledger.calls


@pytest.mark.parametrize("query", ["", "  ", "\x00"])
def test_no_question_asks_nobody(fake: FakeProvider, shelf: EmbeddingSet, alice: User, query: str) -> None:
    assert ask(query, alice) == Found()
    assert not fake.ledger.calls


def test_nothing_indexed_asks_nobody(fake: FakeProvider, alice: User) -> None:
    assert ask("holidays", alice) == Found()
    assert not fake.ledger.calls


def test_a_long_question_is_cut_to_what_the_model_reads(
    fake: FakeProvider, shelf: EmbeddingSet, alice: User, settings: Settings
) -> None:
    settings.LINTEL_EMBEDDING_WINDOW = 64
    assert ask("holidays " * 5000, alice, top_k=1).passages[0].text == TEXTS[1]
    assert fake.ledger.calls[0].input_tokens <= 64


def test_minimum_is_the_callers_the_settings_or_the_models(
    fake: FakeProvider, shelf: EmbeddingSet, alice: User, settings: Settings
) -> None:
    assert len(ask("holidays lapse", alice).passages) == 3
    assert len(ask("holidays lapse", alice, min_score=0.6).passages) == 1
    settings.LINTEL_MIN_SCORE = 0.99
    assert ask("holidays lapse", alice).passages == ()


def test_any_store_that_keeps_the_contract_serves(fake: FakeProvider, shelf: EmbeddingSet, alice: User) -> None:
    assert ask("holidays", alice, store=MemoryStore()) == Found()


def test_of_words_and_code_points_that_cannot_be_stored_the_rest_is_asked(
    fake: FakeProvider, shelf: EmbeddingSet, alice: User
) -> None:
    assert ask("holidays\x00 \ud83d lapse", alice, top_k=1).passages[0].text == TEXTS[1]
