"""The stack for one module's faults: processes of its own with limits on, everybody else's workers frozen meanwhile."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from decimal import Decimal

import httpx2
import redis

from config.local.child import Child
from tests.process.client import read, submit
from tests.process.stack import Person, Stack, directive

PACE = 6
LIMITS = {
    "LINTEL_DAILY_TOKENS": "200000",
    "LINTEL_USER_REQUESTS": "40",
    "LINTEL_TEAM_REQUESTS": "40",
    "LINTEL_REQUESTS_PER_MINUTE": str(PACE),
}
BUDGET = """
INSERT INTO requests_app_tokenbudget (id, user_id, measure, period, "limit", timezone)
VALUES (gen_random_uuid(), %s, 'tokens', 'day', %s, 'UTC')
ON CONFLICT (user_id, measure, period) DO UPDATE SET "limit" = excluded."limit"
"""
BOOKS = """
SELECT window_.held, window_.used, (
    SELECT coalesce(sum(input_tokens + cache_read_tokens + cache_write_tokens + output_tokens), 0)
    FROM ai_llmusagelog WHERE subject = budget.user_id
) FROM requests_app_budgetwindow AS window_ JOIN requests_app_tokenbudget AS budget ON budget.id = window_.budget_id
WHERE budget.user_id = %s AND budget.measure = 'tokens' AND budget.period = 'day'
    AND window_.starts <= clock_timestamp()  -- beat opens the coming one ahead
"""


@contextlib.contextmanager
def apart(stack: Stack, **settings: str) -> Iterator[Stack]:
    """Until the end all processes that are started have these settings; then the stack is as it was."""
    others = [child for child in stack.children if child.command.name.startswith("worker")]
    before, own = stack.settings, len(stack.children)
    for child in others:
        child.tell_all(signal.SIGSTOP)
    stack.web.kill()
    stack.settings = {**before, **settings}
    try:
        stack.web = stack.start_web()
        yield stack
    finally:
        for child in stack.children[own:]:
            child.kill()
        stack.settings = before
        stack.web = stack.start_web()
        for child in others:
            child.tell_all(signal.SIGCONT)


def signed_in(stack: Stack, person: Person) -> httpx2.Client:
    """The person in a browser, through the log-in page."""
    http = httpx2.Client(base_url=stack.base_url, timeout=60)
    http.get("/login")
    form = {"username": person.name, "password": person.name, "csrfmiddlewaretoken": http.cookies["csrftoken"]}
    assert http.post("/login", data=form).status_code == 302
    return http


def ask(stack: Stack, person: Person, **script: object) -> httpx2.Response:
    """Submit, whatever the answer is."""
    body = {"prompt_key": "document_summary", "payload": {"document": directive(**script)}}
    with stack.client(person) as http:
        return http.post("/api/v1/requests", json=body, timeout=60)


def cancelled(stack: Stack, person: Person, request_id: str) -> str:
    """The status that a reader is told after a cancel."""
    with stack.client(person) as http:
        assert http.post(f"/api/v1/requests/{request_id}/cancel").status_code == 200
    return read(stack, person, request_id).status


def limit_to(stack: Stack, person: Person, requests: int) -> None:
    """A budget with room for so many of ``ask`` at once, and no more."""
    stack.sql(BUDGET, person.id, None)
    request_id = submit(stack, person, directive(text="Fine.", ending="hang"))
    [(held,)] = stack.sql("SELECT held FROM requests_app_holdshare WHERE hold_id = %s", request_id)
    cancelled(stack, person, request_id)
    stack.sql(BUDGET, person.id, held * requests + held / Decimal(2))


def books_balance(stack: Stack, person: Person) -> bool:
    """Nothing is held any more, and what is used is what the ledger of calls has."""
    books = stack.sql(BOOKS, person.id)
    return bool(books) and all(held == 0 and used == spent for held, used, spent in books)


def received(worker: Child, task: str = "requests_app.run_ai_request") -> int:
    """How many messages for a task have reached this worker by way of the broker."""
    return worker.said().count(f"Task {task}[")


@contextlib.contextmanager
def schedules_every_second(stack: Stack) -> Iterator[None]:
    """What a beat that is started now sends, it sends all the time."""
    before = stack.sql("SELECT id, every FROM django_celery_beat_intervalschedule")
    stack.sql("UPDATE django_celery_beat_intervalschedule SET every = 1")
    yield
    for interval, every in before:
        stack.sql("UPDATE django_celery_beat_intervalschedule SET every = %s WHERE id = %s", every, interval)


def broker(stack: Stack) -> redis.Redis:
    return redis.Redis.from_url(stack.services.redis_url)
