"""Looks at what waits and runs stay quick, however many requests are over."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection, connections, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from requests_app.admin.filters import StuckFilter
from requests_app.condition.queues import queues, stuck
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest

QUESTION = Submission(prompt_key="document_summary", payload={"document": "The quay was rebuilt."})
COPIES = """
INSERT INTO requests_app_airequest
SELECT (jsonb_populate_record(row, jsonb_build_object('id', gen_random_uuid()) || %s::jsonb)).*
FROM requests_app_airequest AS row, generate_series(1, %s) WHERE row.id = %s
"""
OVER = {"status": "done", "result": "", "not_before": None}
# Each holds open requests only.
PARTIAL = {"request_pending", "request_queue", "request_running", "request_open_of_user", "request_open_of_team"}


def narrowed_by(kind: str) -> Callable[[], object]:
    """The admin's list, as its filter narrows it."""

    def look() -> object:
        chosen = StuckFilter(http(), {"stuck": [kind]}, AIRequest, admin.site._registry[AIRequest])
        return chosen.queryset(http(), AIRequest.objects.all()).count()

    return look


def http() -> HttpRequest:
    return RequestFactory().get("/")


@pytest.fixture
def many(committed: None) -> Iterator[None]:
    """Most are over, and the planner knows: of an empty table it takes any index, for they all cost the same."""
    people = User.objects.bulk_create(User(username=f"user{number}") for number in range(20))
    waiting = accept(User.objects.create_user("dora"), QUESTION).request
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [json.dumps(OVER), 1500, waiting.pk])
        for person in people:
            cursor.execute(COPIES, [json.dumps({"user_id": str(person.pk)}), 10, waiting.pk])
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE requests_app_airequest")
    with transaction.atomic():
        yield


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "look", [queues, stuck, narrowed_by("any"), narrowed_by("late")], ids=["queues", "stuck", "any", "late"]
)
def test_nothing_is_read_that_is_over(look: Callable[[], object]) -> None:
    with CaptureQueriesContext(connection) as asked:
        look()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a table as small as this may be read whole
        for query in asked:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            used = set(re.findall(r"Scan (?:using|on) (request_\w+|requests_app_airequest\w*)", plan))
            assert used - {"requests_app_airequest"} <= PARTIAL, plan
            assert "Seq Scan on requests_app_airequest" not in plan, plan


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("owner", ["user", "team"])
def test_counting_what_somebody_has_under_way_reads_nothing_else(owner: str) -> None:
    """As requests_app_open_hold counts, at each acceptance."""
    mine = f"{owner}_id = %s AND status IN ('pending', 'processing')"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('requests_app_open_hold'::regproc)")
        definition = " ".join(cursor.fetchone()[0].split())
        assert mine.replace("%s", f"p_{owner}") in definition
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT count(*) FROM requests_app_airequest WHERE {mine}", [uuid4()])  # noqa: S608
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"request_open_of_{owner}" in plan, plan
