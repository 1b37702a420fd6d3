"""Many requests over both protocols while their provider fails at random: what must hold holds for all of them.

The seed is printed; ``LINTEL_SOAK_SEED`` sets it, ``LINTEL_SOAK_REQUESTS`` the number of requests.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults import oracles
from tests.faults.oracles import Subject
from tests.process.client import Reading, read
from tests.process.conftest import QUICK
from tests.process.stack import Person, Stack

SEED = int(os.environ.get("LINTEL_SOAK_SEED", "7"))
COUNT = int(os.environ.get("LINTEL_SOAK_REQUESTS", "60"))
FAULT_RATE = 0.4
PRIORITIES = ("balanced", "fast", "quality")
MOST_CALLS = 6


@pytest.fixture
def failing(stack: Stack) -> Iterator[None]:
    """The provider fails by the seed, and one quick worker of our own meets it."""
    others = [child for child in stack.children if child.command.name.startswith("worker")]
    for child in others:
        child.tell_all(signal.SIGSTOP)
    own = stack.start_worker(environment={**QUICK, "LINTEL_CONTENT_IDLE_SECONDS": "2"})
    stack.script(seed=SEED, fault_rate=FAULT_RATE)
    yield
    stack.script(seed=SEED, fault_rate=0.0)
    own.kill()
    for child in others:
        child.tell_all(signal.SIGCONT)


def test_everything_holds_while_the_provider_fails_at_random(stack: Stack, alice: Person, failing: None) -> None:
    print(f"soak: LINTEL_SOAK_SEED={SEED} LINTEL_SOAK_REQUESTS={COUNT}")  # noqa: T201
    ids = [ask(stack, alice, number) for number in range(COUNT)]
    readings = [Reading() for _each in ids]
    readers = [
        threading.Thread(target=read, args=(stack, alice, request_id, reading))
        for request_id, reading in zip(ids, readings, strict=True)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    subjects = [subject(stack, number, request_id, readings[number].text) for number, request_id in enumerate(ids)]
    report(readings, subjects)
    assert [reading.ended for reading in readings] == [True] * COUNT
    assert list(oracles.every_request_ended(stack.sql, subjects)) == []
    assert list(oracles.nothing_follows_an_end(stack.sql, subjects)) == []
    assert list(oracles.every_call_has_its_row(stack.sql, subjects, most=MOST_CALLS)) == []
    assert list(oracles.usage_is_the_bill(stack.sql, subjects)) == []
    assert list(oracles.text_is_the_script(stack.sql, subjects)) == []


def ask(stack: Stack, person: Person, number: int) -> str:
    body = {
        "prompt_key": "document_summary",
        "payload": {"document": mark(number)},
        "priority": PRIORITIES[number % len(PRIORITIES)],
        "deadline_s": 40,
    }
    with stack.client(person) as http:
        answer = http.post("/api/v1/requests", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def mark(number: int) -> str:
    return f"Soak {SEED}, text {number} of {COUNT}."


def subject(stack: Stack, number: int, request_id: str, assembled: str) -> Subject:
    calls = [call for call in stack.calls() if mark(number) in call["question"]]
    return Subject(id=request_id, calls=calls, assembled=assembled)


def report(readings: list[Reading], subjects: list[Subject]) -> None:
    calls = [call for subject in subjects for call in subject.calls]
    faults = Counter(call["script"].get("fault", "none") for call in calls)
    print(  # noqa: T201
        f"{len(calls)} calls in {dict(Counter(call['protocol'] for call in calls))}; ends "
        f"{dict(Counter(reading.status for reading in readings))}; faults {dict(faults)}"
    )
