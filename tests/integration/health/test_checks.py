from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from django.core.checks import CheckMessage
from django.core.management import CommandError, call_command
from django.db import connections
from django_celery_beat.models import PeriodicTask
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from config.checks import addresses
from config.database_checks import broker, database_role, database_server, demo_users, schedule
from config.schedule import DEFAULTS, import_defaults
from tests.services import SERVICES

CHECKS = (database_role, database_server, broker, schedule, demo_users)
HERE = ["default"]


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


@pytest.fixture
def swept(db: None) -> None:
    import_defaults(DEFAULTS, using="default")


@pytest.fixture
def owner_as_default(db: None) -> Iterator[None]:
    """DATABASE_URL names the role that owns the tables."""
    real, connections["default"] = connections["default"], connections["owner"]
    yield
    connections["default"] = real


@pytest.fixture
def superuser_as_default(db: None) -> Iterator[None]:
    superuser = SERVICES.postgres.superuser_url.partition("//")[2].partition("@")[0].split(":")
    real = connections["default"]
    connections["default"] = real.copy()
    connections["default"].settings_dict |= {"USER": superuser[0], "PASSWORD": superuser[1]}
    yield
    connections["default"].close()
    connections["default"] = real


@pytest.fixture
def evicting_broker() -> Iterator[None]:
    with redis.Redis.from_url(SERVICES.redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        yield
        client.config_set("maxmemory-policy", "noeviction")


@pytest.mark.django_db(databases=["default", "owner"])
class TestDatabaseChecks:
    def test_our_own_servers_pass(self, swept: None) -> None:
        assert [check(databases=["default", "owner"]) for check in CHECKS] == [[]] * len(CHECKS)
        assert addresses() == []

    def test_owner_of_the_tables_is_named(self, owner_as_default: None) -> None:
        assert ids(database_role(databases=HERE)) == ["lintel.E008"]

    def test_superuser_is_named(self, superuser_as_default: None) -> None:
        assert ids(database_role(databases=HERE))[:2] == ["lintel.E006", "lintel.E007"]

    def test_evicting_broker_is_named(self, evicting_broker: None) -> None:
        assert ids(broker(databases=HERE)) == ["lintel.E017"]

    def test_broker_out_of_reach_is_a_warning(self, settings: Settings) -> None:
        settings.BROKER_URL = "redis://127.0.0.1:1/0"
        assert ids(broker(databases=HERE)) == ["lintel.W001"]

    @pytest.mark.parametrize("lost", [{"enabled": False}, {"task": "elsewhere"}])
    def test_lost_sweep_is_named(self, swept: None, lost: dict[str, object]) -> None:
        PeriodicTask.objects.update(**lost)
        assert ids(schedule(databases=HERE)) == ["lintel.E018"]

    @pytest.mark.parametrize("name", ["demo", "admin"])
    def test_demo_user_is_named(self, name: str) -> None:
        User.objects.create_user(name, password=name)
        assert ids(demo_users(databases=HERE)) == ["lintel.E019"]

    def test_person_who_shares_a_demo_name_is_nobody_s_business(self) -> None:
        User.objects.create_user("alice", password="a password of her own")
        User.objects.create_user("admin", password="admin", is_active=False)
        assert demo_users(databases=HERE) == []

    def test_servers_are_left_alone_unless_asked_for(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert [check(databases=None) + check(databases=[]) for check in CHECKS] == [[]] * len(CHECKS)

    def test_command_refuses_what_a_check_found(self, evicting_broker: None, swept: None) -> None:
        with pytest.raises(CommandError, match="E017"):
            call_command("check", "--database", "default")
