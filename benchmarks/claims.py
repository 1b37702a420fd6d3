"""What it costs a worker to take the next request however many wait, and how long one waits behind another's thousand.

Claims are made one at a time by a connection of their own. Then a worker with ten slots works off a thousand requests
of one user while another user sends a single one, five times.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import uuid4

import psycopg

from benchmarks.bed import Bed, bed, median
from benchmarks.report import Figure, Report
from tests.process.client import fetch, submit
from tests.process.stack import Person, directive, wait_for

QUEUES = ((1, 100), (1, 10_000), (100, 100), (1000, 10))
CLAIMS, SLOTS, CROWD, SINGLES = 200, 10, 1000, 5
PEOPLE = """
import django; django.setup()
from accounts.models import User
for number in range({count}):
    User.objects.create(username=f"queuer{{number}}")
"""
# Copies of a request that was really accepted, each user's an hour old at most.
FILL = """
INSERT INTO requests_app_airequest
SELECT (jsonb_populate_record(pattern, jsonb_build_object(
    'id', gen_random_uuid(), 'user_id', queuer.id, 'status', 'pending', 'deadline', now() + interval '1 h',
    'created', now() - random() * interval '1 h'
))).*
FROM requests_app_airequest AS pattern, generate_series(1, %s) AS number,
    (SELECT id FROM accounts_user WHERE username LIKE 'queuer%%' ORDER BY id LIMIT %s) AS queuer
WHERE pattern.id = %s
"""
CLEAR = """
UPDATE requests_app_airequest SET status = 'cancelled', lease_id = NULL WHERE status IN ('pending', 'processing')
"""
LEASE = """
INSERT INTO requests_app_workerlease (id, host, pid, started, expires_at)
VALUES (%s, '', 1, now(), now() + interval '1 h')
"""
PASSED = """
SELECT count(*) FROM requests_app_airequest AS other, requests_app_airequest AS mine
WHERE mine.id = %s AND other.user_id <> mine.user_id AND other.started BETWEEN mine.created AND mine.started
"""


def claim_ms(stack: Bed, connection: psycopg.Connection[tuple[object]], model: str, users: int, each: int) -> float:
    """Milliseconds a claim, of CLAIMS that follow each other, or of half the queue."""
    stack.sql(FILL, each, users, model)
    stack.sql("ANALYZE requests_app_airequest")
    lease, count = str(uuid4()), min(CLAIMS, users * each // 2)
    stack.sql(LEASE, lease)
    began = time.perf_counter()
    for _claim in range(count):
        assert connection.execute("SELECT id FROM requests_app_claim_next(%s)", [lease]).fetchone()
    took = time.perf_counter() - began
    stack.sql(CLEAR)
    stack.sql("DELETE FROM requests_app_workerlease WHERE id = %s", lease)
    return took / count * 1000


def costs(stack: Bed, queues: Sequence[tuple[int, int]], repeats: int) -> list[dict[str, Figure]]:
    stack.run("-c", PEOPLE.format(count=max(users for users, _each in queues)))
    model = submit(stack, stack.person(), "A request to copy.")
    found: dict[tuple[int, int], list[float]] = {queue: [] for queue in queues}
    with psycopg.connect(stack.services.database_url, autocommit=True) as connection:
        for _repeat in range(repeats):
            for (users, each), runs in found.items():
                runs.append(claim_ms(stack, connection, model, users, each))
    return [
        {"waiting": users * each, "users": users, "a claim, ms": median(runs)} for (users, each), runs in found.items()
    ]


def passed_by(stack: Bed, person: Person) -> int:
    """How many of the crowd's requests began between this person's sending one and its beginning."""
    single = submit(stack, person, directive(text="One."))
    wait_for(lambda: fetch(stack, person, single)["started"], what="the single request's turn", seconds=60)
    [(count,)] = stack.sql(PASSED, single)
    return int(count)


def fairness(stack: Bed, crowd: int, singles: int) -> dict[str, Figure]:
    busy, single = stack.person(), stack.person()
    for _each in range(crowd):
        submit(stack, busy, directive(text="One of very many.", first_delay_s=0.3))
    stack.start_worker(streams=SLOTS)
    positions = [passed_by(stack, single) for _each in range(singles)]
    [(left,)] = stack.sql("SELECT count(*) FROM requests_app_airequest WHERE status = 'pending'")
    return {
        "crowd": crowd,
        "still waiting at the end": int(left),
        "singles": singles,
        "passed by, median": median(positions),
        "passed by, most": max(positions),
    }


def measure(*, quick: bool) -> Report:
    queues, repeats = (((1, 100), (10, 10)), 1) if quick else (QUEUES, 3)
    with bed() as stack:
        rows = costs(stack, queues, repeats)
        fair = fairness(stack, 30 if quick else CROWD, 1 if quick else SINGLES)
    return Report(how=f"{CLAIMS} claims a run, medians of {repeats}, interleaved", rows=rows, also=[fair])
