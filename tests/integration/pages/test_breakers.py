"""Breakers and limits on Operations: what is left alone and until when, and a click that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from ai.breaker import CLOSED, Breaker, asked_to_wait
from ai.routing import models
from ai.routing.publish import publish
from ai.traffic import key_of

NAME = "embedded/smollm2-135m-instruct"


@pytest.fixture(autouse=True)
def heeded(settings: Settings) -> None:
    settings.LINTEL_BREAKER_CALLS = 5


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("olga", is_staff=True))
    return client


@pytest.fixture
def shared() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(django_settings.REDIS_URL or "") as client:
        yield client
        client.delete(*(key_of(model) for model in models()))


def put(shared: redis.Redis, breaker: Breaker) -> None:
    shared.set("lintel:model:" + NAME.replace("/", ":"), breaker.dump())


def now(shared: redis.Redis) -> float:
    seconds, micros = shared.time()
    return float(seconds) + micros / 1e6


def test_all_is_well_where_nothing_failed(staff: Client, shared: redis.Redis) -> None:
    row = staff.get("/operations/breakers").context["row"]
    assert (row.state, list(row.parts)) == ("ok", [])


def test_an_open_breaker_is_named_with_its_cause_and_can_be_reset(staff: Client, shared: redis.Redis) -> None:
    put(shared, Breaker(state="open", until=now(shared) + 20, open_s=20, cause="Overloaded"))
    answer = staff.get("/operations/breakers")
    for words in (NAME, "Overloaded", "Called again in", "Call it now"):
        assertContains(answer, words)
    assert answer.context["row"].state == "bad"
    assertRedirects(staff.post("/operations/breakers/reset", {"model": NAME}), "/operations")
    assertNotContains(staff.get("/operations/breakers"), NAME)


def test_a_pause_wants_attention_only(staff: Client, shared: redis.Redis) -> None:
    put(shared, asked_to_wait(CLOSED, now(shared), seconds=50, probe=False))
    assert staff.get("/operations/breakers").context["row"].state == "warn"


def test_how_much_of_a_limit_is_used(staff: Client, settings: Settings, tmp_path: Path, shared: redis.Redis) -> None:
    text = Path(settings.LINTEL_CATALOGUE).read_text()
    limited = tmp_path / "catalogue.yaml"
    limited.write_text(text.replace("    kind: openai\n", "    kind: openai\n    requests_per_minute: 60\n"))
    settings.LINTEL_CATALOGUE = str(limited)
    publish()
    shared.set("lintel:provider:embedded:requests", str(now(shared) + 30))
    answer = staff.get("/operations/breakers")
    assertContains(answer, "Requests of the provider&#x27;s minute")
    assert "50%" in dict(next(part for part in answer.context["row"].parts if part["name"] == NAME)["facts"]).values()
    shared.delete("lintel:provider:embedded:requests")


def test_without_redis_it_is_said_what_that_means(staff: Client, settings: Settings) -> None:
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    assertContains(staff.get("/operations/breakers"), "until it is back each worker goes by what it sees itself")
    answer = staff.post("/operations/breakers/reset", {"model": NAME}, follow=True)
    assertContains(answer, "nothing was reset")


def test_turned_off_says_so(staff: Client, settings: Settings) -> None:
    settings.LINTEL_BREAKER_CALLS = 0
    assertContains(staff.get("/operations/breakers"), "LINTEL_BREAKER_CALLS is 0")


def test_resetting_is_for_staff_and_for_models_that_are_there(staff: Client, page: Client) -> None:
    assert staff.post("/operations/breakers/reset", {"model": "no/such"}).status_code == 404
    assert staff.get("/operations/breakers/reset").status_code == 405
    assert page.post("/operations/breakers/reset", {"model": NAME}).status_code == 404
