from __future__ import annotations

import pytest
from django.core.checks import CheckMessage, Tags, run_checks
from pytest_django import Settings

from config import checks
from config.checks import address_messages, lease_messages, password_messages

GOOD_KEY = "Zk3!vQ9x" * 8


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


@pytest.fixture
def deployed(settings: Settings) -> Settings:
    settings.DEBUG, settings.SECRET_KEY, settings.LINTEL_DEMO = False, GOOD_KEY, False
    settings.SECRET_KEY_FALLBACKS = []
    settings.ALLOWED_HOSTS = ["lintel.example.org"]
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    return settings


def security() -> list[str | None]:
    """Everything that `check --deploy` says about settings, ours and Django's."""
    return ids(run_checks(tags=[Tags.security], include_deployment_checks=True))


def test_good_production_settings_pass(deployed: Settings) -> None:
    assert security() == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("DEBUG", True, ["lintel.E003", "security.W018"]),
        ("SECRET_KEY", "short", ["lintel.E004", "security.W009"]),
        ("SECRET_KEY", "django-insecure-" + GOOD_KEY, ["lintel.E004", "security.W009"]),
        ("SECRET_KEY", "test-secret-key-that-guards-nothing-but-tests-0123456789", ["lintel.E004"]),
        ("SECRET_KEY_FALLBACKS", [GOOD_KEY[::-1], "short"], ["lintel.E004", "security.W025"]),
        ("LINTEL_DEMO", True, ["lintel.E005"]),
        ("ALLOWED_HOSTS", ["lintel.example.org", "*"], ["lintel.E013"]),
        ("ALLOWED_HOSTS", [], ["security.W020"]),
        ("CONTENT_SECURITY_POLICY", {"DIRECTIVES": {}}, ["lintel.E016"]),
        ("SECURE_SSL_REDIRECT", False, ["security.W008"]),
        ("SECURE_HSTS_SECONDS", 0, ["security.W004"]),
        ("SECURE_CONTENT_TYPE_NOSNIFF", False, ["security.W006"]),
        ("SESSION_COOKIE_SECURE", False, ["security.W012"]),
        ("CSRF_COOKIE_SECURE", False, ["security.W016"]),
        ("X_FRAME_OPTIONS", "SAMEORIGIN", ["security.W019"]),
    ],
)
def test_dangerous_production_setting_is_named(deployed: Settings, name: str, value: object, found: list[str]) -> None:
    setattr(deployed, name, value)
    assert sorted(str(each) for each in security()) == found


def test_pages_without_their_policy_are_named(deployed: Settings) -> None:
    deployed.MIDDLEWARE = [name for name in deployed.MIDDLEWARE if name != "config.policy.PolicyMiddleware"]
    assert security() == ["lintel.E016"]


def test_placeholder_in_a_database_url_is_named(deployed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(deployed.DATABASES["default"], "PASSWORD", "PASSWORD")
    assert security() == ["lintel.E014"]


def test_placeholder_in_a_redis_url_is_named(deployed: Settings) -> None:
    deployed.CACHE_URL = "redis://:changeme@cache:6379/0"
    assert security() == ["lintel.E014"]


def test_password_is_not_repeated_in_what_is_said() -> None:
    assert [message.msg for message in password_messages({"REDIS_URL": "secret"})] == [
        "The password in REDIS_URL is publicly known."
    ]


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
    ("addresses", "found"),
    [
        ([], []),
        (["quality@example.org", "team@localhost"], []),
        (["quality@example.org", "olga"], ["lintel.E020"]),
        (["Olga <olga@example.org>"], ["lintel.E020"]),
    ],
)
def test_wrong_address_for_reports_is_found(addresses: list[str], found: list[str]) -> None:
    assert ids(list(checks.report_mail_messages(addresses))) == found
