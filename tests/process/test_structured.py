"""A prompt with a form, through every process: the second question, the mended answer, and what readers see of both."""

from __future__ import annotations

from typing import Any

import pytest

from tests.process.client import fetch, read
from tests.process.stack import Person, Stack, directive

pytestmark = pytest.mark.usefixtures("standing_worker")


def sort(stack: Stack, person: Person, **script: Any) -> str:
    """A ticket whose first answer is scripted; to the second question the fake answers what fits."""
    body = {"prompt_key": "ticket_classify", "payload": {"ticket": directive(**script)}}
    with stack.client(person) as http:
        answer = http.post("/api/v1/requests", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_unfit_answer_is_reset_and_asked_for_again(stack: Stack, alice: Person) -> None:
    request_id = sort(stack, alice, text='{"category": "weather"}', chunk_chars=4, chunk_delay_s=0.05)
    reading = read(stack, alice, request_id)
    assert reading.status == "done"
    assert [event["reason"] for event in reading.events if event["type"] == "reset"] == ["reask"]
    request = fetch(stack, alice, request_id)
    assert reading.text == request["result"]
    assert set(request["output"]) == {"category", "urgency"}
    assert (request["attempt"], request["repaired"]) == (2, False)


def test_mended_answer_keeps_its_text_and_gives_its_value(stack: Stack, alice: Person) -> None:
    text = "{'category': 'login', 'urgency': 'high',}"
    request_id = sort(stack, alice, text=text)
    reading = read(stack, alice, request_id)
    request = fetch(stack, alice, request_id)
    assert reading.text == request["result"] == text
    assert request["output"] == {"category": "login", "urgency": "high"}
    assert (request["attempt"], request["repaired"]) == (1, True)


def test_cut_answer_is_no_value(stack: Stack, alice: Person) -> None:
    request_id = sort(stack, alice, text='{"category": "login", "urgency": "high"}', stop="max_tokens")
    assert read(stack, alice, request_id).status == "failed"
    request = fetch(stack, alice, request_id)
    assert (request["error"]["code"], request["output"]) == ("incomplete", None)
