from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from ai.rag import sets
from ai.rag.models import EmbeddingSet


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
