from __future__ import annotations

import pytest
from django.core.checks import CheckMessage
from pytest_django import Settings

from config import checks
from config.checks import Role, address_messages, lease_messages, role_messages, server_messages

GOOD_KEY = "Zk3!vQ9x" * 8


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


@pytest.fixture
def deployed(settings: Settings) -> Settings:
    settings.DEBUG, settings.SECRET_KEY, settings.LINTEL_DEMO = False, GOOD_KEY, False
    return settings


def test_good_production_settings_pass(deployed: Settings) -> None:
    assert checks.production() == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("DEBUG", True, "lintel.E003"),
        ("SECRET_KEY", "short", "lintel.E004"),
        ("SECRET_KEY", "django-insecure-" + GOOD_KEY, "lintel.E004"),
        ("SECRET_KEY", "test-secret-key-that-guards-nothing-but-tests-0123456789", "lintel.E004"),
        ("LINTEL_DEMO", True, "lintel.E005"),
    ],
)
def test_dangerous_production_setting_is_named(deployed: Settings, name: str, value: object, found: str) -> None:
    setattr(deployed, name, value)
    assert ids(checks.production()) == [found]


@pytest.mark.parametrize(("renew", "found"), [(4.9, []), (5.0, ["lintel.E012"]), (11.0, ["lintel.E012"])])
def test_lease_that_is_renewed_too_late_is_named(renew: float, found: list[str]) -> None:
    assert ids(list(lease_messages(lease_s=10.0, renew_s=renew))) == found


def test_default_lease_is_renewed_in_time() -> None:
    assert checks.lease() == []


def test_missing_broker_is_named(settings: Settings) -> None:
    settings.BROKER_URL = None
    assert ids(checks.addresses()) == ["lintel.E002"]


def test_missing_database_is_named() -> None:
    assert ids(list(address_messages(database=False, broker=True))) == ["lintel.E001"]


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
