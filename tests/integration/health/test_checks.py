from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.checks import CheckMessage
from django.db import connections
from pytest_django import DjangoAssertNumQueries

from config.checks import addresses, database_role, database_server


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


@pytest.fixture
def owner_as_default(db: None) -> Iterator[None]:
    """DATABASE_URL names the role that owns the tables."""
    real, connections["default"] = connections["default"], connections["owner"]
    yield
    connections["default"] = real


@pytest.mark.django_db(databases=["default", "owner"])
class TestDatabaseChecks:
    def test_our_own_database_passes(self) -> None:
        assert addresses() == database_role(databases=["default"]) == database_server(databases=["default"]) == []

    def test_owner_of_the_tables_is_named(self, owner_as_default: None) -> None:
        assert ids(database_role(databases=["default"])) == ["lintel.E008"]

    def test_database_is_left_alone_unless_asked_for(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert database_role(databases=None) == database_server(databases=[]) == []
