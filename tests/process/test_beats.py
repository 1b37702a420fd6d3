"""No beat, one, or three: what is periodic takes effect once, and what matters needs none."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from config.local.child import Child
from requests_app.wake import MAIL_TASK, REPORT_TASK, RESET_TASK, SWEEP_TASK
from tests.faults.campaign.postbox import Postbox
from tests.process.apart import BUDGET, LIMITS, apart, received, schedules_every_second
from tests.process.client import fetch, read, reading_until, submit
from tests.process.conftest import QUICK
from tests.process.stack import Person, Stack, directive, wait_for
from tests.process.test_faults import charges, tell_holder

pytestmark = pytest.mark.timeout(600)
ROUNDS = 3
READER = "quality@example.org"
REPORTS = "SELECT count(*) FROM requests_app_qualityreport"
COMING = """
SELECT count(*) FROM requests_app_budgetwindow AS window_ JOIN requests_app_tokenbudget AS budget
ON budget.id = window_.budget_id WHERE budget.user_id = %s AND window_.starts > clock_timestamp()
"""


@pytest.fixture(scope="module")
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def workers(stack: Stack, postbox: Postbox) -> Iterator[list[Child]]:
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{postbox.port}", "LINTEL_REPORT_MAIL": READER}
    with apart(stack, **LIMITS, **QUICK, **mail), schedules_every_second(stack):
        yield [stack.start_worker(), stack.start_worker(), stack.start_jobs()]


def nearly_used(stack: Stack, person: Person) -> None:
    """A budget of which the next request reaches 80 percent."""
    stack.sql("UPDATE accounts_user SET email = %s WHERE id = %s", f"{person.name}@example.org", person.id)
    stack.sql(BUDGET, person.id, 100_000)
    read(stack, person, submit(stack, person, directive(text="Fine.")))
    stack.sql(
        "UPDATE requests_app_budgetwindow SET used = 79999 FROM requests_app_tokenbudget AS budget"
        " WHERE budget.id = budget_id AND budget.user_id = %s AND budget.measure = 'tokens'",
        person.id,
    )


@pytest.mark.parametrize("beats", [0, 1, 3])
def test_each_period_takes_effect_once(
    stack: Stack, alice: Person, workers: list[Child], postbox: Postbox, beats: int
) -> None:
    *_request_workers, jobs = workers
    heard = {task: received(jobs, task) for task in (SWEEP_TASK, MAIL_TASK, RESET_TASK, REPORT_TASK)}
    nearly_used(stack, alice)
    answered_yesterday(stack, alice)
    read_before = mails_to(postbox, READER)
    with ExitStack() as ended:
        for _each in range(beats):
            ended.callback(stack.start_beat().kill)
        read(stack, alice, submit(stack, alice, directive(text="Fine.")))
        wait_for(lambda: mails_to(postbox, f"{alice.name}@example.org"), what="a mail")
        for task, count in heard.items():
            enough = count + ROUNDS * beats
            wait_for(lambda task=task, enough=enough: received(jobs, task) >= enough, what=task)  # type: ignore[misc]
    once = 1 if beats else 0
    assert mails_to(postbox, f"{alice.name}@example.org") == 1
    assert stack.sql(COMING, alice.id) == [(once,)]
    assert stack.sql(REPORTS) == [(once,)]
    assert mails_to(postbox, READER) - read_before == once


def answered_yesterday(stack: Stack, person: Person) -> None:
    """A day that nobody has reported yet."""
    stack.sql("DELETE FROM requests_app_qualityreport")
    stack.sql(
        "UPDATE requests_app_airequest SET completed = completed - interval '1 day' WHERE user_id = %s", person.id
    )


def mails_to(postbox: Postbox, reader: str) -> int:
    return sum(address == reader for address, _subject in postbox.mails)


def test_without_a_beat_a_killed_worker_is_still_replaced(stack: Stack, alice: Person, workers: list[Child]) -> None:
    request_id = submit(stack, alice, directive(text="Taken over. " * 10, chunk_chars=4, chunk_delay_s=0.1))
    reading = reading_until(stack, alice, request_id, 8)
    tell_holder(stack, workers[:2], request_id, signal.SIGKILL)
    assert read(stack, alice, request_id, reading).text == "Taken over. " * 10
    assert fetch(stack, alice, request_id)["takeovers"] == 1
    assert charges(stack, request_id) == [(1, "call", True), (2, "call", False)]
