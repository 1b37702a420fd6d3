"""Operations: each row tests itself, says since when, and what to type where something is wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from uuid_utils.compat import uuid7

from accounts.models import User
from accounts.moments import first_id_since
from ai.rag.models import KnowledgeDocument
from config.local.procfile import read_procfile
from requests_app.condition import commands, postgres
from requests_app.condition.broker import _judged as judged_broker
from requests_app.models import AIAttempt, AIRequest, Pulse, Status, WorkerLease
from requests_app.models.clock import seconds_from_now
from requests_app.pages.operations import CHECKS
from tests.integration.pages.conftest import running

KEYS = ["database", "migrations", "broker", "workers", "beat", "providers", "breakers", "queues", "index", "stuck"]


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("olga", is_staff=True))
    return client


@pytest.fixture
def whole(db: None) -> None:
    WorkerLease.objects.create(host="quay", pid=7, expires_at=seconds_from_now(60))
    Pulse.objects.create(name="beat", since=timezone.now() - timedelta(hours=3), at=timezone.now())


def row(staff: Client, key: str) -> Any:
    answer = staff.get(f"/operations/{key}")
    assert answer.status_code == 200
    return answer.context["row"]


@pytest.mark.parametrize("path", ["/operations", *(f"/operations/{key}" for key in KEYS)])
def test_to_others_it_is_not_there(page: Client, path: str) -> None:
    assert page.get(path).status_code == 404
    assertNotContains(page.get("/"), 'href="/operations"')


@pytest.mark.django_db
def test_strangers_log_in_first() -> None:
    assertRedirects(Client().get("/operations"), "/login?next=/operations")
    assert Client().get("/operations/broker").status_code == 401


def test_the_page_stands_before_anything_is_looked_at(
    staff: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):  # session and user
        answer = staff.get("/operations")
    assert re.findall(r'id="check-(\w+)" data-state="(\w+)"', answer.content.decode()) == [
        (key, "looking") for key in KEYS
    ]
    assert "no-store" in answer["Cache-Control"]
    assertContains(staff.get("/"), 'href="/operations"')


def test_without_scripts_everything_is_looked_at_first(staff: Client, whole: None) -> None:
    assertContains(staff.get("/operations"), "url=/operations?whole")
    answer = staff.get("/operations?whole")
    states = dict(re.findall(r'id="check-(\w+)" data-state="(\w+)"', answer.content.decode()))
    assert states == {
        **dict.fromkeys(KEYS, "ok"),
        **dict.fromkeys(["providers", "breakers", "queues", "index"], "idle"),
    }
    assertContains(answer, "Everything works.")


def test_an_unknown_row_is_not_there(staff: Client) -> None:
    assert staff.get("/operations/nothing").status_code == 404


def test_the_database_says_what_it_is(staff: Client) -> None:
    found = row(staff, "database")
    assert [label for label, _value in found.facts] == ["PostgreSQL", "pgvector", "Answered in", "Connections"]
    assert found.state == "ok"
    assert found.since


@pytest.mark.parametrize(
    ("pgvector", "crowded", "state", "remedy"),
    [
        ("0.8.1", False, "ok", ()),
        ("0.8.1", True, "warn", (commands.SHOW_CONNECTIONS,)),
        (None, False, "warn", (commands.BOOTSTRAP,)),
    ],
)
def test_what_is_wrong_with_a_database(
    pgvector: str | None, crowded: bool, state: str, remedy: tuple[str, ...]
) -> None:
    found = postgres._judged(pgvector, crowded=crowded)
    assert (found[0], found[2]) == (state, remedy)


def test_a_missing_migration_is_named(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "known_migrations", postgres.Migrations())
    MigrationRecorder.Migration.objects.filter(app="requests_app").delete()
    answer = staff.get("/operations/migrations")
    assertContains(answer, "requests_app.0001_initial")
    assertContains(answer, "python manage.py migrate")


def test_a_broker_that_is_away_says_what_to_type(staff: Client, settings: Settings) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    assertContains(staff.get("/operations/broker"), "redis-cli -u &quot;$REDIS_URL&quot; ping")


@pytest.mark.parametrize(
    ("info", "state"),
    [
        ({}, "ok"),
        ({"maxmemory_policy": "allkeys-lru"}, "warn"),
        ({"maxmemory": 100, "used_memory": 79}, "ok"),
        ({"maxmemory": 100, "used_memory": 80}, "warn"),
    ],
)
def test_what_is_wrong_with_a_broker(info: dict[str, Any], state: str) -> None:
    assert judged_broker(info)[0] == state


def test_the_broker_row_asks_no_database(staff: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        assert row(staff, "broker").state == "ok"


def test_a_worker_is_named_with_what_it_runs(staff: Client, summary: AIRequest, sorting: AIRequest) -> None:
    running(summary), running(sorting)
    AIRequest.objects.update(lease=WorkerLease.objects.earliest("started"))
    WorkerLease.objects.filter(requests=None).delete()
    [part] = row(staff, "workers").parts
    assert (part["name"], part["state"], part["facts"][0]) == ("here, process 1", "ok", ("Running", "2"))


def test_no_worker_is_a_problem(staff: Client) -> None:
    assertContains(staff.get("/operations/workers"), "celery -A config.celery worker -P threads")
    assert row(staff, "workers").state == "bad"


def test_a_silent_worker_stands_out_beside_a_live_one(staff: Client, whole: None) -> None:
    WorkerLease.objects.create(host="rock", pid=8, expires_at=seconds_from_now(-1))
    found = row(staff, "workers")
    assert (found.state, [part["state"] for part in found.parts]) == ("warn", ["ok", "bad"])


def test_a_silent_beat_is_a_problem(staff: Client, whole: None) -> None:
    assert row(staff, "beat").state == "ok"
    Pulse.objects.update(at=timezone.now() - timedelta(minutes=5))
    found = row(staff, "beat")
    assert (found.state, found.since) == ("bad", "last seen 5\xa0minutes ago")


def test_lines_to_type_are_those_of_the_procfile() -> None:
    lines = read_procfile(django_settings.ROOT / "Procfile")
    assert [lines[name] for name in ("worker", "jobs", "beat")] == [
        commands.START_WORKER,
        commands.START_JOBS,
        commands.START_BEAT,
    ]


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([], "idle"),
        (["done"], "ok"),
        (["cancelled", "worker_lost"], "idle"),
        (["refused"], "ok"),
        (["provider_unavailable", "done"], "ok"),
        (["done", "provider_unavailable"], "warn"),
        (["provider_rejected"], "bad"),
    ],
)
def test_a_provider_is_what_its_last_calls_were(
    staff: Client, summary: AIRequest, outcomes: list[str], state: str
) -> None:
    for number, outcome in enumerate(outcomes, start=1):
        closed = timezone.now() - timedelta(minutes=30 - number)
        summary.attempts.create(number=number, provider="embedded", model="m", outcome=outcome, closed=closed)
    [part] = row(staff, "providers").parts
    assert (part["name"], part["state"]) == ("embedded (demonstration)", state)


def test_calls_of_yesterday_say_nothing_of_today(staff: Client, summary: AIRequest) -> None:
    yesterday = first_id_since(timezone.now() - timedelta(days=1))
    closed = timezone.now() - timedelta(days=1)
    AIAttempt.objects.create(
        id=yesterday, request=summary, number=1, provider="embedded", outcome="done", closed=closed
    )
    assert row(staff, "providers").state == "idle"


def test_an_id_made_now_lies_within_the_hour(summary: AIRequest) -> None:
    hour_ago = first_id_since(timezone.now() - timedelta(hours=1))
    soon = first_id_since(timezone.now() + timedelta(minutes=1))
    assert hour_ago < summary.attempts.create(number=1).pk < soon


def test_no_provider_is_a_problem(staff: Client, settings: Settings) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = None
    assert row(staff, "providers").state == "bad"


def test_queues_by_lane(staff: Client, summary: AIRequest, sorting: AIRequest) -> None:
    running(sorting)
    lanes = {lane["name"]: lane["figures"] for lane in row(staff, "queues").lanes}
    assert lanes == {
        "interactive": ["1", "just now", "1", "0", "0"],
        "normal": ["0", "", "0", "0", "0"],
        "bulk": ["0", "", "0", "0", "0"],
    }


def test_what_was_put_back_does_not_wait_for_a_worker(staff: Client, summary: AIRequest) -> None:
    AIRequest.objects.update(not_before=seconds_from_now(60))
    assert next(row(staff, "queues").lanes)["figures"] == ["0", "", "0", "1", "0"]


def test_a_long_wait_wants_attention(staff: Client, summary: AIRequest) -> None:
    AIRequest.objects.update(created=timezone.now() - timedelta(seconds=61), deadline=seconds_from_now(60))
    assert row(staff, "queues").state == "warn"


def test_what_a_dead_worker_holds_is_stuck(staff: Client, summary: AIRequest) -> None:
    running(summary)
    assert row(staff, "stuck").state == "ok"
    WorkerLease.objects.update(expires_at=seconds_from_now(-16))
    [found] = row(staff, "stuck").stuck
    assert (found["id"], found["reason"]) == (summary.pk, "Its worker is gone")
    assertContains(staff.get("/operations/stuck"), f"/admin/requests_app/airequest/{summary.pk}/change/")


def test_what_is_beyond_its_deadline_is_stuck_and_its_text_unseen(staff: Client, summary: AIRequest) -> None:
    AIRequest.objects.update(deadline=seconds_from_now(-16))
    answer = staff.get("/operations/stuck")
    assertContains(answer, "Past its deadline")
    assertContains(answer, "python manage.py sweep")
    assertNotContains(answer, "The quay.")


def test_a_moment_late_is_not_stuck(staff: Client, summary: AIRequest) -> None:
    AIRequest.objects.update(deadline=seconds_from_now(-5))
    assert row(staff, "stuck").state == "ok"


def test_what_nobody_takes_wants_attention_and_a_worker(staff: Client, summary: AIRequest) -> None:
    AIRequest.objects.update(created=timezone.now() - timedelta(seconds=61), deadline=seconds_from_now(60))
    answer = staff.get("/operations/stuck")
    assert answer.context["row"].state == "warn"
    assertContains(answer, "Nobody takes it")
    assertNotContains(answer, "python manage.py sweep")


def test_the_admins_number_of_what_is_stuck_is_that_of_operations(staff: Client, summary: AIRequest) -> None:
    User.objects.update(is_superuser=True)
    running(summary)
    for seconds in (5, 30):  # since the deadline
        AIRequest.objects.update(deadline=seconds_from_now(-seconds))
        listed = staff.get("/admin/requests_app/airequest/?stuck=any").content.decode().count(f"/{summary.pk}/")
        assert bool(listed) == bool(list(row(staff, "stuck").stuck)), seconds


def test_many_cost_the_same_queries(
    staff: Client, alice: User, summary: AIRequest, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(25):
        WorkerLease.objects.create(host=f"quay{number}", pid=number, expires_at=seconds_from_now(60))
    copies = [AIRequest(**{**_fields(summary), "status": Status.PENDING}) for _ in range(40)]
    AIRequest.objects.bulk_create(copies)
    AIRequest.objects.update(deadline=seconds_from_now(-60))
    for key in KEYS:
        with django_assert_max_num_queries(8):  # session, user, the bound with its savepoint, and what the row asks
            row(staff, key)


def _fields(request: AIRequest) -> dict[str, Any]:
    names = [field.attname for field in AIRequest._meta.concrete_fields if field.name not in {"id", "created"}]
    return {name: getattr(request, name) for name in names}


@pytest.fixture
def hanging_database(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every row that asks the database is given up."""
    asked: list[str] = []

    def hang(key: str) -> Any:
        def read() -> Any:
            asked.append(key)
            raise OperationalError("canceling statement due to statement timeout")

        return read

    for key, check in CHECKS.items():
        if check.asks_database:
            monkeypatch.setitem(CHECKS, key, _replaced(check, hang(key)))
    return asked


def _replaced(check: Any, read: Any) -> Any:
    return type(check)(key=check.key, title=check.title, about=check.about, read=read)


def test_a_database_that_gives_no_answer_is_waited_for_once(staff: Client, hanging_database: list[str]) -> None:
    answer = staff.get("/operations?whole")
    assert hanging_database == ["database"]
    assertContains(answer, "The database gave no answer to this.", count=len(KEYS) - 2)  # Redis is asked by two
    assertContains(answer, 'id="check-broker" data-state="ok"')


def test_statements_of_a_row_are_bounded(db: None) -> None:
    def sleep() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            assert cursor.fetchone() == ("2s",)
            raise OperationalError

    assert _replaced(CHECKS["database"], sleep).look().state == "bad"


def test_page_says_that_the_database_is_away(no_database: None) -> None:
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    answer = client.get("/operations")
    assertContains(answer, "out of reach for a moment", status_code=503)


def test_the_index_says_how_far_behind_it_is(staff: Client, settings: Settings) -> None:
    settings.LINTEL_EMBEDDING_BASE_URL, settings.LINTEL_EMBEDDING_MODEL = "http://127.0.0.1:9/v1", "of-three"
    settings.LINTEL_EMBEDDING_DIMENSIONS = 3
    assert row(staff, "index").state == "ok"
    made = KnowledgeDocument.objects.create(source_type="x", source=uuid7(), subject=uuid7(), scope=uuid7(), wanted=1)
    KnowledgeDocument.objects.update(staged=timezone.now() - timedelta(minutes=6))
    late = row(staff, "index")
    assert (late.state, late.reading.remedy) == ("warn", (commands.START_JOBS,))
    KnowledgeDocument.objects.filter(pk=made.pk).update(state="failed")
    assert row(staff, "index").reading.says == "Some documents could not be indexed."
    settings.LINTEL_EMBEDDING_MODEL = None
    assert row(staff, "index").state == "bad"
