"""Answers that serve again, and equal requests of which one asks."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains

from accounts.models import User
from ai.models import LLMUsageLog
from ai.providers.fake import FakeProvider, Script, fake_provider
from requests_app import deletion, reuse
from requests_app.intake import Submission, accept, cancel, retry
from requests_app.models import AIRequest, BudgetHold, HoldState
from requests_app.tally import count_all
from requests_app.testing import InlineWorker, inline_worker

pytestmark = pytest.mark.usefixtures("committed")

QUESTION = Submission(prompt_key="sentiment_score", payload={"text": "Works well, and the price is fair."})
OTHER = replace(QUESTION, payload={"text": "It broke on the second day."})
ANSWER = '{"sentiment": "positive", "score": 1}'
DAY = timedelta(days=1)
REUSED = """
SELECT count(*), count(answered_by_id), sum(saved_usd) FROM requests_app_airequest
WHERE prompt_key = 'sentiment_score' AND fingerprint <> '' AND status = 'done'
"""
FINISH_S = 600.0  # tells a hang from a slow machine, and nothing else


@pytest.fixture
def dora() -> User:
    return User.objects.create_user("dora")


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        fake.scripts.default = Script(text=ANSWER)
        settings.LINTEL_EMBEDDED_MODEL_URL = fake.openai_url
        yield fake


@pytest.fixture
def worker(fake: FakeProvider) -> Iterator[InlineWorker]:
    with inline_worker() as worker:
        yield worker


@pytest.fixture
def answered(worker: InlineWorker, dora: User) -> AIRequest:
    request = worker.finish(accept(dora, QUESTION).request)
    assert (request.status, request.answered_by_id, request.saved_usd) == ("done", None, None)
    AIRequest.objects.filter(pk=request.pk).update(cost_usd=Decimal("0.002"))
    return request


def aged(request: AIRequest, by: timedelta) -> None:
    AIRequest.objects.filter(pk=request.pk).update(completed=F("completed") - by)


def test_same_question_is_answered_without_a_call(
    fake: FakeProvider, worker: InlineWorker, dora: User, answered: AIRequest
) -> None:
    again = worker.finish(accept(dora, QUESTION).request)
    assert (again.status, again.result, again.output) == ("done", ANSWER, {"sentiment": "positive", "score": 1})
    assert (again.answered_by_id, again.saved_usd, again.stale) == (answered.pk, Decimal("0.002"), False)
    assert (again.model, again.cost_usd, again.output_tokens) == (answered.model, Decimal(0), 0)
    assert len(fake.ledger.calls) == LLMUsageLog.objects.count() == 1
    assert not again.attempts.exists()
    assert BudgetHold.objects.get(reference=again.pk).state == HoldState.SETTLED


def test_what_was_served_again_does_not_stay_young_by_that(
    worker: InlineWorker, dora: User, answered: AIRequest
) -> None:
    second = worker.finish(accept(dora, QUESTION).request)
    assert second.answered_by_id == answered.pk
    aged(answered, DAY)
    assert worker.finish(accept(dora, QUESTION).request).answered_by_id is None


@pytest.mark.parametrize("what", ["other text", "other owner", "retry", "deleted", "old", "failed"])
def test_what_is_not_equal_or_not_to_be_had_is_asked(
    fake: FakeProvider, worker: InlineWorker, dora: User, answered: AIRequest, what: str
) -> None:
    asker, question = dora, QUESTION
    if what == "other text":
        question = OTHER
    elif what == "other owner":
        asker = User.objects.create_user("emil")
    elif what == "deleted":
        deletion.delete(answered)
    elif what == "old":
        aged(answered, DAY)
    elif what == "failed":
        AIRequest.objects.filter(pk=answered.pk).update(fingerprint="another's")
    request = retry(answered).request if what == "retry" else accept(asker, question).request
    assert worker.finish(request).answered_by_id is None
    assert len(fake.ledger.calls) == 2


def test_prompts_that_do_not_declare_it_are_always_asked(fake: FakeProvider, worker: InlineWorker, dora: User) -> None:
    fake.scripts.default = Script(text="A summary.")
    summary = Submission(prompt_key="document_summary", payload={"document": "The quay was rebuilt."})
    for _time in range(2):
        assert worker.finish(accept(dora, summary).request).fingerprint == ""
    assert len(fake.ledger.calls) == 2


def test_old_answer_is_the_last_resort_and_says_so(
    fake: FakeProvider, worker: InlineWorker, dora: User, answered: AIRequest, client: Client
) -> None:
    aged(answered, 2 * DAY)
    fake.scripts.default = Script(status=401)
    late = worker.finish(accept(dora, QUESTION).request)
    assert (late.status, late.result, late.stale, late.answered_by_id) == ("done", ANSWER, True, answered.pk)
    client.force_login(dora)
    assertContains(client.get(f"/requests/{late.pk}"), "this is an older answer to the same question")
    body = client.get(f"/api/v1/requests/{late.pk}").json()
    assert (body["stale"], body["answered_by"], body["saved_usd"]) == (True, str(answered.pk), "0.002")
    aged(answered, 40 * DAY)
    assert worker.finish(accept(dora, QUESTION).request).error_code == "provider_unavailable"


def test_cost_tells_what_served_again_as_the_requests_say(
    worker: InlineWorker, dora: User, answered: AIRequest, client: Client
) -> None:
    for question in (QUESTION, QUESTION, OTHER):
        worker.finish(accept(dora, question).request)
    count_all()
    with connection.cursor() as cursor:
        cursor.execute(REUSED)
        assert (told := cursor.fetchone()) == (4, 2, Decimal("0.004"))
    client.force_login(dora)
    page = client.get("/cost?days=1")
    [row] = page.context["cost"].rows
    for sums in (row.sums, page.context["cost"].total.sums):
        assert (sums.reusable_answers, sums.served_again, sums.saved) == told
        assert sums.requests == 2
    for words in ("2 of 4 that might be", "saved: $0.004", "2 of 4<", "50 %"):
        assertContains(page, words)
    [of_api] = client.get("/api/v1/usage?group_by=prompt").json()["results"]
    assert (of_api["reusable_answers"], of_api["served_again"], of_api["saved_usd"]) == (4, 2, "0.004")
    [of_file, _total] = csv.DictReader(StringIO(client.get("/cost.csv?days=1").content.decode()))
    assert (of_file["served_again"], of_file["served_again_percent"], of_file["saved_usd"]) == ("2", "50.0", "0.004")


def wait_for(look: Callable[[], bool]) -> None:
    end = time.monotonic() + FINISH_S
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


def finish_together(worker: InlineWorker, requests: list[AIRequest]) -> None:
    """On a few threads of the worker at once, each of which takes what comes next."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(partial(worker.finish, within_s=FINISH_S), requests))
    for request in requests:
        request.refresh_from_db()


def test_fifty_equal_requests_at_once_are_one_call(fake: FakeProvider, worker: InlineWorker, dora: User) -> None:
    fake.scripts.default = Script(text=ANSWER, first_delay_s=0.5)
    requests = [accept(dora, QUESTION).request for _request in range(50)]
    finish_together(worker, requests)
    assert {(request.status, request.result) for request in requests} == {("done", ANSWER)}
    assert len(fake.ledger.calls) == 1
    leaders = [request for request in requests if request.answered_by_id is None]
    assert len(leaders) == 1
    assert {request.answered_by_id for request in requests} == {None, leaders[0].pk}
    assert set(BudgetHold.objects.values_list("state", flat=True)) == {HoldState.SETTLED}


def test_one_that_ends_between_two_looks_is_seen(fake: FakeProvider, worker: InlineWorker, dora: User) -> None:
    fake.scripts.default = Script(text=ANSWER, first_delay_s=1.0)
    asker, twin = (accept(dora, QUESTION).request for _request in range(2))
    with ThreadPoolExecutor(1) as thread:
        thread.submit(worker.finish, asker, within_s=FINISH_S)
        wait_for(lambda: AIRequest.objects.filter(pk=asker.pk, leading=True).exists())
        with connection.execute_wrapper(EndsAfterTheFirstLook(asker)):
            found = reuse.find(twin, attempt=1)
    assert isinstance(found, reuse.Earlier)
    assert found.request_id == asker.pk


class EndsAfterTheFirstLook:
    """The asker's last commit comes between the first statement of the one who looks and the next."""

    def __init__(self, asker: AIRequest) -> None:
        self._asker = asker
        self._looked = False

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if not self._looked and 'FROM "requests_app_airequest"' in sql:
            self._looked = True
            wait_for(lambda: AIRequest.objects.filter(pk=self._asker.pk, status="done").exists())
        return found


def test_cancelling_the_one_that_asks_passes_it_on(fake: FakeProvider, worker: InlineWorker, dora: User) -> None:
    fake.scripts.push(Script(text=ANSWER, first_delay_s=30.0))
    leader, twin = (accept(dora, QUESTION).request for _request in range(2))
    asking = threading.Thread(target=worker.finish, args=(leader,), kwargs={"within_s": FINISH_S})
    asking.start()
    wait_for(lambda: AIRequest.objects.filter(pk=leader.pk, leading=True).exists())
    wait_for(lambda: AIRequest.objects.filter(pk=twin.pk, status="pending", attempt_reason="twin").exists())
    cancel(leader)
    asking.join()
    twin = worker.finish(twin, within_s=FINISH_S)
    assert (twin.status, twin.answered_by_id) == ("done", None)
    assert len(fake.ledger.calls) == 2
