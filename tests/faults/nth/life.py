"""One request's life, by hand: a client that repeats its submission until it is accepted, and a healthy worker."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from rest_framework.test import APIClient

from ai.providers.fake import FakeProvider
from requests_app import wake
from requests_app.models import AIRequest
from requests_app.stream import Position, snapshot
from requests_app.testing import InlineWorker
from tests.faults.oracles import acceptance, budgets, lifecycle, texts
from tests.faults.oracles.calls import every_call_has_its_row, usage_is_the_bill
from tests.faults.oracles.facts import Facts, Named, Reading, look
from tests.process.stack import WAIT_SECONDS, directive

ANSWER = "A 🦊 answered."
ORACLES: tuple[Callable[[Facts], Iterable[str]], ...] = (
    lifecycle.every_request_ended,
    lifecycle.nothing_follows_an_end,
    lifecycle.one_lease_at_a_time,
    acceptance.one_request_a_key,
    acceptance.nothing_was_made_twice,
    acceptance.one_record_a_call,
    budgets.spending_is_booked_once,
    budgets.nothing_is_held_for_the_dead,
    texts.readers_have_what_is_stored,
    texts.stored_is_what_was_sent,
    texts.nothing_is_left_over,
)
SEVERAL = 3
_marks = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """A client's submission, which it may repeat."""

    token: str
    mark: str

    def once(self) -> Any:
        """As a server of its own would answer; None for a server's error."""
        close_old_connections()  # as at the beginning of each call that the web server takes
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.token}", HTTP_IDEMPOTENCY_KEY=self.mark)
        question = directive(self.mark, text=ANSWER, chunk_chars=6, chunk_delay_s=0.03)
        body = {"prompt_key": "document_summary", "payload": {"document": question}, "priority": "fast"}
        answer = client.post("/api/v1/requests", body)
        assert answer.status_code == 202 or answer.status_code >= 500, answer.content
        return answer.json()["id"] if answer.status_code == 202 else None

    def until_accepted(self) -> AIRequest:
        for _again in range(3):
            if request_id := self.once():
                return AIRequest.objects.get(pk=request_id)
        raise AssertionError("not accepted by a healthy server")


def new_mark() -> str:
    return f"question-{next(_marks)}-"


def hints_are_sent() -> None:
    """Wait until the announcer has tried all that it was given."""
    sent = threading.Event()
    wake._announcer._say(sent.set)
    assert sent.wait(WAIT_SECONDS)


def work_off(worker: InlineWorker, request: AIRequest) -> None:
    """Run until the request is final. As under Celery, a task may fail: the keeper looks by itself."""
    for _again in range(10):
        try:
            close_old_connections()
            worker.finish(request, within_s=WAIT_SECONDS)
            break
        except DatabaseError:
            time.sleep(0.01)


def violations(fake: FakeProvider, request: AIRequest, mark: str) -> list[str]:
    """What must hold after any one fault, once a healthy process has had its time."""
    request.refresh_from_db()
    request_id, user = str(request.pk), str(request.user_id)
    copies = AIRequest.objects.filter(payload__document__startswith=mark).values_list("pk", flat=True)
    facts = look(
        sql,
        [str(copy) for copy in copies],
        calls={request_id: [call.as_json() for call in fake.ledger.calls if mark in call.question]},
        readings=[Reading(request=request_id, text=snapshot(request.pk, Position(0, 0)).text, status="done")],
        named=[Named(user=user, key=mark, mark=mark, request=request_id)],
    )
    found = [broken for oracle in ORACLES for broken in oracle(facts)]
    found += every_call_has_its_row(facts, most=settings.LINTEL_MAX_CALLS, unreached=True)
    found += usage_is_the_bill(facts, unreached=True)
    if (request.status, request.result) != ("done", ANSWER):
        found.append(f"{request_id} is {request.status} {request.error_code}: {request.result!r}")
    return found


def windows_violated() -> list[str]:
    """Of all requests together."""
    facts = look(sql, [str(each) for each in AIRequest.objects.values_list("pk", flat=True)])
    return [*budgets.windows_are_the_sums_of_their_shares(facts)]


def all_of(strikes: Callable[[int], bool]) -> int:
    """Strike the first call, the second, and so on, until several lives in a row have none of that number.

    How much text shares a write to the log differs a little from life to life. Returns the last number that there was.
    """
    number = 1
    while strikes_in_some(partial(strikes, number)):
        number += 1
    return number - 1


def strikes_in_some(strikes: Callable[[], bool]) -> bool:
    """Live until one of several lives had such a call: after a fault of Redis the next has few of them, or none."""
    return any(strikes() for _again in range(SEVERAL))


def sql(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
