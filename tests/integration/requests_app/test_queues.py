"""Looks at what waits and runs stay quick, however many requests are over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from requests_app.condition.queues import queues, stuck

INDEXES = ("request_pending", "request_running")


@pytest.mark.django_db
@pytest.mark.parametrize("look", [queues, stuck])
def test_nothing_is_read_that_is_over(look: Callable[[], object]) -> None:
    with CaptureQueriesContext(connection) as asked:
        look()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # an empty table is read whole whatever else there is
        for query in asked:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert all(index in plan for index in INDEXES), plan
