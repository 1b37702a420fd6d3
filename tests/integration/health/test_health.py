from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from requests_app.condition.broker import PATIENCE_S, broker
from requests_app.condition.postgres import Migrations
from requests_app.condition.reading import Reading
from requests_app.models import Pulse, WorkerLease


@pytest.fixture
def whole(db: None) -> None:
    now = timezone.now()
    WorkerLease.objects.create(host="here", pid=1, expires_at=now + timedelta(seconds=30))
    Pulse.objects.create(name="beat", since=now - timedelta(hours=1), at=now)


@pytest.fixture
def deaf_broker() -> Iterator[str]:
    """It takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_live_touches_nothing(django_assert_num_queries: DjangoAssertNumQueries, db: None) -> None:
    with django_assert_num_queries(0):
        assert Client().get("/livez").json() == {"ok": True}


def test_ready_means_database_and_migrations(db: None) -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "database": True, "migrations": True})


def test_missing_migration_is_not_ready(db: None) -> None:
    migrations = Migrations()
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'requests_app'")
    assert migrations.applied() is False


def test_yes_is_remembered_for_ever(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    moments = iter([0.0, 0.0, 1e9, 1e9])
    migrations = Migrations(clock=lambda: next(moments))
    assert migrations.applied()
    with django_assert_num_queries(0):
        assert migrations.applied()


def test_no_is_asked_again_after_five_seconds(db: None) -> None:
    now = 0.0
    migrations = Migrations(clock=lambda: now)
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = 'elsewhere' WHERE app = 'requests_app'")
        assert not migrations.applied()
        cursor.execute("UPDATE django_migrations SET app = 'requests_app' WHERE app = 'elsewhere'")
    now = 4.9
    assert not migrations.applied()
    now = 5.0
    assert migrations.applied()


def test_whole_system_is_healthy_and_says_since_when(whole: None) -> None:
    response = Client().get("/healthz")
    body = response.json()
    assert response.status_code == 200, body
    assert body["ok"] is True
    assert [part for part in body if part != "ok"] == ["database", "broker", "worker", "beat"]
    assert all(body[part]["ok"] and body[part]["since"] for part in ("database", "broker", "worker", "beat"))


def test_no_worker_is_unhealthy(whole: None) -> None:
    WorkerLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    response = Client().get("/healthz")
    assert (response.status_code, response.json()["worker"]) == (503, {"ok": False, "since": None})


def test_silent_beat_says_when_it_was_last_seen(whole: None) -> None:
    last = timezone.now() - timedelta(seconds=61)
    Pulse.objects.update(at=last)
    response = Client().get("/healthz")
    beat = response.json()["beat"]
    assert (response.status_code, beat["ok"], beat["since"][:19]) == (503, False, last.isoformat()[:19])


def test_beat_that_never_was_is_unhealthy(whole: None) -> None:
    Pulse.objects.all().delete()
    assert Client().get("/healthz").json()["beat"] == {"ok": False, "since": None}


def test_absent_broker_is_unhealthy(whole: None, settings: Settings) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    response = Client().get("/healthz")
    assert (response.status_code, response.json()["broker"]["ok"]) == (503, False)
    assert response.json()["worker"]["ok"] is True


def test_deaf_broker_is_given_up(settings: Settings, deaf_broker: str) -> None:
    settings.BROKER_URL = deaf_broker
    found: list[Reading] = []
    asking = Thread(target=lambda: found.append(broker()), daemon=True)  # without a bound it would wait for ever
    asking.start()
    asking.join(40 * PATIENCE_S)
    assert [reading.ok for reading in found] == [False]


def test_deaf_broker_is_unhealthy(whole: None, settings: Settings, deaf_broker: str) -> None:
    settings.BROKER_URL = deaf_broker
    assert Client().get("/healthz").json()["broker"]["ok"] is False


@pytest.mark.parametrize("url", ["/readyz", "/healthz"])
def test_database_away_is_said(url: str, no_database: None) -> None:
    response = Client().get(url)
    assert response.status_code == 503
    assert response.json()["ok"] is False
    assert "Traceback" not in response.content.decode()


def test_api_says_database_away_and_when_to_return(no_database: None) -> None:
    response = Client().get("/api/v1/requests", headers={"Authorization": f"Bearer lintel_{'a' * 64}"})
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response["Retry-After"] == "2"
    assert response["Content-Type"] == "application/problem+json"


def test_page_says_database_away_and_when_to_return(no_database: None) -> None:
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    response = client.get("/")
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert "out of reach for a moment" in response.content.decode()


@pytest.mark.parametrize("url", ["/livez", "/readyz", "/healthz"])
def test_health_is_asked_by_address_and_over_plain_http(url: str, whole: None, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["lintel.example.org"]
    assert Client().get(url, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert Client().get("/login", headers={"host": "10.0.0.7:8000"}).status_code == 400
    assert Client().get("/login", headers={"host": "lintel.example.org"}).status_code == 301
