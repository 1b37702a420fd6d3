"""Many requests over both protocols while their provider fails at random: what must hold holds for all of them.

The seed is printed; ``LINTEL_SOAK_SEED`` sets it, ``LINTEL_SOAK_REQUESTS`` the number of requests.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.faults.oracles import budgets, calls, lifecycle, texts
from tests.faults.oracles.facts import Facts, look
from tests.faults.oracles.facts import Reading as Read
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
    with ThreadPoolExecutor(COUNT) as readers:
        readings = list(readers.map(partial(read, stack, alice), ids))
    facts = look(stack.sql, ids, calls=calls_of(stack, ids), readings=read_by(ids, readings))
    report(readings, facts)
    assert [reading.ended for reading in readings] == [True] * COUNT
    assert list(lifecycle.every_request_ended(facts)) == []
    assert list(lifecycle.nothing_follows_an_end(facts)) == []
    assert list(calls.every_call_has_its_row(facts, most=MOST_CALLS)) == []
    assert list(calls.answer_is_of_the_last_call(facts)) == []
    assert list(calls.usage_is_the_bill(facts)) == []
    assert list(budgets.spending_is_booked_once(facts)) == []
    assert list(texts.readers_have_what_is_stored(facts)) == []
    assert list(texts.stored_is_what_was_sent(facts)) == []
    assert list(texts.nothing_is_left_over(facts)) == []


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


def calls_of(stack: Stack, ids: list[str]) -> dict[str, list[Any]]:
    made = stack.calls()
    return {each: [call for call in made if mark(number) in call["question"]] for number, each in enumerate(ids)}


def read_by(ids: list[str], readings: list[Reading]) -> list[Read]:
    read = zip(ids, readings, strict=True)
    return [Read(request=each, text=reading.text, status=reading.status) for each, reading in read]


def report(readings: list[Reading], facts: Facts) -> None:
    made = [call for each in facts.calls.values() for call in each]
    faults = Counter(call["script"].get("fault", "none") for call in made)
    print(  # noqa: T201
        f"{len(made)} calls in {dict(Counter(call['protocol'] for call in made))}; ends "
        f"{dict(Counter(reading.status for reading in readings))}; faults {dict(faults)}"
    )
