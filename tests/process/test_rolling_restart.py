"""A new release under load: every process is replaced, one after the other, and no request is the worse for it."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest
from websockets.exceptions import WebSocketException

from config.local.child import Child
from tests.process.apart import apart, books_balance
from tests.process.client import Reading, fetch, read, reading_until, submit
from tests.process.stack import Person, Stack, directive, wait_for
from tests.process.test_faults import tell_holder

pytestmark = pytest.mark.timeout(600)
COUNT = 40
ENOUGH = {"LINTEL_DAILY_TOKENS": "1000000", "LINTEL_USER_REQUESTS": "100", "LINTEL_REQUESTS_PER_MINUTE": "600"}
GRACE = {"LINTEL_SHUTDOWN_GRACE_SECONDS": "1"}


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Stack]:
    with apart(stack, **ENOUGH, **GRACE):
        yield stack


@pytest.fixture
def fleet(site: Stack) -> Iterator[list[Child]]:
    """Two workers, and no others."""
    fleet = [site.start_worker(), site.start_worker()]
    yield fleet
    for worker in fleet:
        worker.kill()


def text_of(number: int) -> str:
    return f"Number {number}: " + "всё 🦊 идёт своим чередом. " * 6


def follow(stack: Stack, person: Person, request_id: str, reading: Reading) -> None:
    """As a page does: whatever breaks, ask again from where it was."""
    while not reading.ended:
        with contextlib.suppress(OSError, WebSocketException, TimeoutError):
            read(stack, person, request_id, reading)


def ask_until_accepted(stack: Stack, person: Person, number: int) -> str:
    """As a program does: with a key, again and again while the web server is being replaced."""
    script = directive(text=text_of(number), chunk_chars=6, chunk_delay_s=0.1)
    body = {"prompt_key": "document_summary", "payload": {"document": script}}
    while True:
        with contextlib.suppress(httpx2.HTTPError), stack.client(person) as http:
            answer = http.post("/api/v1/requests", json=body, headers={"Idempotency-Key": f"number-{number}"})
            assert answer.status_code == 202, answer.text
            return str(answer.json()["id"])
        time.sleep(0.1)


class Load:
    """Requests of one person at an even pace, each with its reader."""

    def __init__(self, stack: Stack, person: Person) -> None:
        self._stack, self._person = stack, person
        self.readings: dict[str, Reading] = {}
        self._readers: list[threading.Thread] = []
        self._sender = threading.Thread(target=self._send, daemon=True)

    def start(self) -> None:
        self._sender.start()

    def _send(self) -> None:
        for number in range(COUNT):
            request_id = ask_until_accepted(self._stack, self._person, number)
            reading = self.readings[request_id] = Reading()
            reader = threading.Thread(target=follow, args=(self._stack, self._person, request_id, reading), daemon=True)
            reader.start()
            self._readers.append(reader)
            time.sleep(0.25)

    def sent(self, count: int) -> bool:
        return len(self.readings) >= count

    def join(self) -> None:
        self._sender.join()
        for reader in self._readers:
            reader.join()


def replace(stack: Stack, worker: Child) -> Child:
    """The new one first, then the old is asked to end and given its time."""
    successor = stack.start_worker()
    worker.ask()
    wait_for(lambda: worker.exit_code() is not None, what=f"the end of a worker ({worker.log})")
    return successor


def test_release_under_load_is_noticed_by_nobody(site: Stack, fleet: list[Child]) -> None:
    stack, alice = site, site.person()
    load = Load(stack, alice)
    load.start()
    for number, worker in enumerate(fleet):
        wait_for(lambda number=number: load.sent(10 + 20 * number), what="requests")  # type: ignore[misc]
        fleet[number] = replace(stack, worker)
        if number == 0:
            stack.web.ask()
            wait_for(lambda: stack.web.exit_code() is not None, what="the end of the web server")
            stack.web = stack.start_web()
    load.join()
    assert [reading.text for reading in load.readings.values()] == [text_of(number) for number in range(COUNT)]
    assert {reading.status for reading in load.readings.values()} == {"done"}
    wait_for(lambda: books_balance(stack, alice), what="closed holds")
    assert left_over(stack, alice) == (COUNT, 0, 0, 0)


def left_over(stack: Stack, person: Person) -> tuple[int, ...]:
    """Requests; lost leases among them; final charges too many or too few; calls without a usage record."""
    [row] = stack.sql(
        """
        SELECT count(*), sum(takeovers), count(*) FILTER (WHERE exact <> 1), sum(unrecorded)
        FROM requests_app_airequest AS request, LATERAL (
            SELECT count(*) FROM ai_llmusagelog
            WHERE reference = request.id AND attempt = request.attempt AND kind = 'call' AND NOT estimated
        ) AS charge (exact), LATERAL (
            SELECT count(*) FROM requests_app_aiattempt AS call WHERE request_id = request.id AND (
                outcome = '' OR NOT EXISTS (
                    SELECT FROM ai_llmusagelog WHERE reference = request.id AND attempt = call.number AND kind = 'call'
                )
            )
        ) AS call (unrecorded)
        WHERE user_id = %s
        """,
        person.id,
    )
    return tuple(int(each) for each in row)


def test_streams_that_no_message_brought_are_handed_over_too(site: Stack, fleet: list[Child]) -> None:
    """Work that a keeper found by itself, while Redis was away, ends as gracefully as what was delivered."""
    stack, alice = site, site.person()
    stack.services.valkey.stop()
    try:
        request_id = submit(stack, alice, directive(text=text_of(1), chunk_chars=4, chunk_delay_s=0.3))
        reading = reading_until(stack, alice, request_id, 4)
        ending = tell_holder(stack, fleet, request_id, signal.SIGTERM)
        wait_for(lambda: ending.exit_code() is not None, what="the end of a worker")
    finally:
        stack.services.valkey.start()
    reading = read(stack, alice, request_id, reading)
    body = fetch(stack, alice, request_id)
    assert (reading.text, body["status"], body["attempt"], body["takeovers"]) == (text_of(1), "done", 2, 0)
