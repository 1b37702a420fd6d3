"""How many holds a second budgets take where all want the same window, and where each of 1,000 users has their own.

16 connections; a hold and its settling are a transaction each. At last 16 race for a budget with room for a tenth.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import psycopg

from benchmarks.bed import Bed, bed, median
from benchmarks.report import Figure, Report

CONNECTIONS, USERS, HOLDS, REPEATS = 16, 1000, 3000, 5
COVER, USED = 1000, 400
HOLD = "SELECT kind FROM requests_app_open_hold(%s, %s, %s, now() + interval '1 h', %s, 0, %s, NULL, NULL, NULL)"
SETTLE = "SELECT kind FROM requests_app_move_hold(%s, %s, 0, NULL, NULL, %s, true)"
MAKE_USERS = """
import json, django; django.setup()
from accounts.models import User
users = [User.objects.create(username=f"holder{{number}}") for number in range({count})]
print(json.dumps([[str(user.pk), str(user.personal_team_id)] for user in users]))
"""
STATE = """
SELECT count(*), sum(window_.used)::int, sum(window_.held)::int, max(window_.used + window_.held)::int
FROM requests_app_budgetwindow AS window_ JOIN requests_app_tokenbudget AS budget ON budget.id = window_.budget_id
WHERE budget.user_id = ANY(%s::uuid[])
"""

Owner = Sequence[str]  # the ids of a user and of their team
Connection = psycopg.Connection[tuple[str]]
Work = Callable[[Connection, int], str | None]


@contextmanager
def connections(stack: Bed) -> Iterator[list[Connection]]:
    opened = [psycopg.connect(stack.services.database_url, autocommit=True) for _each in range(CONNECTIONS)]
    try:
        yield opened
    finally:
        for connection in opened:
            connection.close()


def spread(connections: list[Connection], work: Work, count: int) -> tuple[float, list[str]]:
    """Do all numbers below ``count``, each connection its share: a second's worth of them, and what they returned."""

    def share(first: int) -> list[str | None]:
        return [work(connections[first], number) for number in range(first, count, CONNECTIONS)]

    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        found = [one for part in threads.map(share, range(CONNECTIONS)) for one in part]
    return count / (time.perf_counter() - began), [one for one in found if one is not None]


def holding(owners: Sequence[Owner], limit: int | None = None) -> Work:
    def work(connection: Connection, number: int) -> str | None:
        reference, owner = str(uuid4()), owners[number % len(owners)]
        with connection.transaction() as whole:
            found = connection.execute(HOLD, [reference, *owner, COVER, limit]).fetchall()
            if ("full",) in found:
                raise psycopg.Rollback(whole)
        return None if ("full",) in found else reference

    return work


def settling(references: Sequence[str]) -> Work:
    def work(connection: Connection, number: int) -> None:
        connection.execute(SETTLE, [references[number], USED, None])

    return work


def lives(stack: Bed, pool: list[Connection], owners: Sequence[Owner], count: int) -> tuple[float, float, list[str]]:
    """Holds a second, settlings a second, and what was not exact."""
    holds, references = spread(pool, holding(owners), count)
    settles, _nothing = spread(pool, settling(references), count)
    [(windows, used, held, _most)] = stack.sql(STATE, [owner[0] for owner in owners])
    exact = (windows, used % (count * USED), held) == (len(owners), 0, 0)
    return holds, settles, [] if exact else [f"{count} holds left {used} used and {held} held in {windows} windows"]


def race(stack: Bed, pool: list[Connection], owner: Owner, count: int) -> tuple[int, list[str]]:
    """How many were held in a window with room for a tenth of those who want it, and what was not exact."""
    room = count // 10
    _rate, references = spread(pool, holding([owner], limit=room * COVER), count)
    [(_windows, _used, _held, most)] = stack.sql(STATE, [owner[0]])
    over = [f"{most} tokens held or used of {room * COVER}"] if most > room * COVER else []
    return len(references), over


def measure(*, quick: bool) -> Report:
    users, count, repeats = (20, 160, 1) if quick else (USERS, HOLDS, REPEATS)
    wrong: list[str] = []
    found: dict[str, list[tuple[float, float]]] = {}
    with bed() as stack, connections(stack) as pool:
        owners = json.loads(stack.run("-c", MAKE_USERS.format(count=users + 2)))
        several, one, racer = owners[:users], owners[users : users + 1], owners[users + 1]
        for _repeat in range(repeats):
            for name, whose in {"one window": one, f"{users:,} windows": several}.items():
                *rates, problems = lives(stack, pool, whose, count)
                found.setdefault(name, []).append((rates[0], rates[1]))
                wrong += problems
        held, over = race(stack, pool, racer, count)
    room = count // 10
    return Report(
        how=f"{CONNECTIONS} connections, {count} holds a run, medians of {repeats}, interleaved",
        rows=[row(name, runs) for name, runs in found.items()],
        also=[{"race": f"{count} holds at once", "room for": room, "held": held}],
        wrong=[*wrong, *over, *([] if held == room else [f"{held} of {room} places were taken"])],
    )


def row(name: str, runs: list[tuple[float, float]]) -> dict[str, Figure]:
    holds, settles = (median(column) for column in zip(*runs, strict=True))
    return {"budget": name, "holds/s": holds, "settlings/s": settles}
