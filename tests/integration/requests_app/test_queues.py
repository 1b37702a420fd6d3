"""Looks at what waits and runs stay quick, however many requests are over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from requests_app.admin.filters import StuckFilter
from requests_app.condition.queues import queues, stuck
from requests_app.models import AIRequest

INDEXES = ("request_pending", "request_running")


def narrowed_by(kind: str) -> Callable[[], object]:
    """The admin's list, as its filter narrows it."""

    def look() -> object:
        chosen = StuckFilter(http(), {"stuck": [kind]}, AIRequest, admin.site._registry[AIRequest])
        return chosen.queryset(http(), AIRequest.objects.all()).count()

    return look


def http() -> HttpRequest:
    return RequestFactory().get("/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "look", [queues, stuck, narrowed_by("any"), narrowed_by("late")], ids=["queues", "stuck", "any", "late"]
)
def test_nothing_is_read_that_is_over(look: Callable[[], object]) -> None:
    with CaptureQueriesContext(connection) as asked:
        look()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # an empty table is read whole whatever else there is
        for query in asked:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert all(index in plan for index in INDEXES), plan
