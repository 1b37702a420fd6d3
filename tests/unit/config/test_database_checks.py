from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.checks import CheckMessage

from config.database_checks import Role, broker_messages, role_messages, schedule_messages, server_messages


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("role", "found"),
    [
        (Role(name="lintel_app"), []),
        (Role(name="postgres", superuser=True), ["lintel.E006"]),
        (Role(name="x", bypasses_rls=True), ["lintel.E007"]),
        (Role(name="lintel_owner", owns_tables=True), ["lintel.E008"]),
    ],
)
def test_role_that_stands_above_the_rules_is_named(role: Role, found: list[str]) -> None:
    assert ids(list(role_messages(role))) == found


@pytest.mark.parametrize(
    ("version", "pgvector", "found"),
    [
        (150000, "0.8.0", []),
        (180006, "0.10.1", []),
        (180006, "1.0", []),
        (140011, "0.8.0", ["lintel.E009"]),
        (180006, None, ["lintel.E010"]),
        (180006, "0.7.4", ["lintel.E011"]),
    ],
)
def test_server_that_is_too_old_is_named(version: int, pgvector: str | None, found: list[str]) -> None:
    assert ids(list(server_messages(version, pgvector))) == found


def test_superuser_who_migrates_is_named() -> None:
    [message] = role_messages(Role(name="postgres", superuser=True, owns_tables=True), alias="owner")
    assert (message.id, "MIGRATE_DATABASE_URL" in message.msg) == ("lintel.E006", True)


@pytest.mark.parametrize(
    ("memory", "found"),
    [
        ({"maxmemory_policy": "noeviction"}, []),
        ({}, []),
        ({"maxmemory_policy": "allkeys-lru"}, ["lintel.E017"]),
        ({"maxmemory_policy": "volatile-ttl"}, ["lintel.E017"]),
    ],
)
def test_broker_that_evicts_is_named(memory: dict[str, str], found: list[str]) -> None:
    assert ids(list(broker_messages(memory))) == found


@pytest.mark.parametrize(
    ("pauses", "found"), [([15], []), ([300, 30], []), ([], ["lintel.E018"]), ([60], ["lintel.E018"])]
)
def test_beat_that_never_sweeps_is_named(pauses: list[int], found: list[str]) -> None:
    assert ids(list(schedule_messages([timedelta(seconds=pause) for pause in pauses]))) == found
