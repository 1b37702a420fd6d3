from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from ai.providers.fake import FakeProvider, fake_provider
from ai.rag import extraction, sets
from ai.rag.models import EmbeddingSet
from tests.integration.rag.shelf import DIMENSIONS, MODEL, TYPE, Shelf


@pytest.fixture(scope="module")
def of_four(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[EmbeddingSet]:
    """A set with its index, which the tables' owner alone can make: committed, so that each test's rows need not be."""
    with django_db_blocker.unblock():
        made = sets.make("of four", 4, using="owner")
        yield made
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"DROP INDEX {made.index_name}")
            cursor.execute("DELETE FROM ai_rag_embeddingset WHERE id = %s", [made.pk])
        connections["owner"].close()


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDING_BASE_URL = fake.openai_url
        settings.LINTEL_EMBEDDING_MODEL = MODEL
        settings.LINTEL_EMBEDDING_DIMENSIONS = DIMENSIONS
        settings.LINTEL_CHUNK_TOKENS = 60
        yield fake


@pytest.fixture
def target(committed: None) -> Iterator[EmbeddingSet]:
    made = sets.make(MODEL, DIMENSIONS, using="owner")
    yield made
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP INDEX {made.index_name}")


@pytest.fixture
def shelf(fake: FakeProvider, target: EmbeddingSet) -> Shelf:
    """alice's, with everything that indexes what stands on it."""
    shelf = Shelf(owner=User.objects.create_user("alice", password="alice"))
    extraction.install(TYPE, shelf)
    return shelf
