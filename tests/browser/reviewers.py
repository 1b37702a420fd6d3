"""A reviewer at a browser, and answers that wait for one."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.stack import Person, Stack, directive, wait_for

PROMPT = "medical_summary"
ALLOW = """
INSERT INTO accounts_user_user_permissions (user_id, permission_id)
SELECT %s, id FROM auth_permission WHERE codename = 'decide_review' ON CONFLICT DO NOTHING
"""
WAITING = "SELECT id::text FROM requests_app_aireviewqueue WHERE request_id = %s"
PAST = "UPDATE requests_app_aireviewqueue SET effective_at = effective_at - interval '11 seconds' WHERE id = %s"


def may_judge(stack: Stack, person: Person) -> Person:
    stack.sql(ALLOW, person.id)
    return person


def clear(stack: Stack) -> None:
    """What other tests have left is nobody's work any more."""
    stack.sql("UPDATE requests_app_aireviewqueue SET closed = clock_timestamp() WHERE closed IS NULL")


def hold(desk: Desk, text: str) -> tuple[str, str]:
    """Ask for an answer that is kept back, and wait until it is; the ids of request and review."""
    request = desk.send(directive(text=text), prompt=PROMPT)
    expect(desk.page.locator("#headline .status[data-state=review]")).to_be_visible(timeout=PATIENCE_MS)
    [(item,)] = wait_for(lambda: desk.stack.sql(WAITING, request), what="a review")
    return request, str(item)


def hold_of_another(stack: Stack, text: str) -> str:
    """The same of somebody who has no browser; the review's id."""
    body = {"prompt_key": PROMPT, "payload": {"records": directive(text=text)}}
    with stack.client(stack.person()) as http:
        request = http.post("/api/v1/requests", json=body).json()["id"]
    [(item,)] = wait_for(lambda: stack.sql(WAITING, request), what="a review")
    return str(item)


def reviewer_at(open_desk: OpenDesk, stack: Stack, **options: object) -> Desk:
    """Still: a key that is pressed while one page turns into the next would abort the transition."""
    return open_desk(may_judge(stack, stack.person()), **{"reduced_motion": "reduce", **options})


def go(desk: Desk, item: str = "") -> None:
    desk.page.goto(f"{desk.stack.base_url}/review{item and '/'}{item}")


def of(desk: Desk, item: str, *columns: str) -> tuple[Any, ...]:
    query = f"SELECT {', '.join(columns)} FROM requests_app_aireviewqueue WHERE id = %s"  # noqa: S608 - names of ours
    [row] = desk.stack.sql(query, item)
    return row


def carry_out(desk: Desk, item: str) -> None:
    """The seconds for thinking again have passed."""
    desk.stack.sql(PAST, item)
