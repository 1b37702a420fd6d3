"""A model that keeps failing is left alone by all workers, and tried again with one call."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import redis

from ai.breaker import Breaker
from tests.process.client import fetch, submit
from tests.process.stack import Person, Stack, wait_for

KEY = "lintel:model:other:haiku"
FAST = {"priority": "fast"}  # haiku, then the embedded one


@pytest.fixture
def careful(stack: Stack) -> Iterator[redis.Redis]:
    """Two workers that heed breakers, and no others; haiku is down."""
    others = [child for child in stack.children if child.command.name.startswith("worker")]
    for child in others:
        child.tell_all(signal.SIGSTOP)
    own = [stack.start_worker(environment={"LINTEL_BREAKER_CALLS": "3"}) for _worker in range(2)]
    stack.script(models={"haiku": {"status": 529}})
    with redis.Redis.from_url(stack.services.redis_url, decode_responses=True) as shared:
        shared.delete(KEY)
        yield shared
        shared.delete(KEY)
    stack.script(models={"haiku": {}})
    for child in own:
        child.kill()
    for child in others:
        child.tell_all(signal.SIGCONT)


def stored(shared: redis.Redis) -> Breaker:
    return Breaker.parse(str(shared.get(KEY)))


def attempts(stack: Stack, person: Person) -> list[tuple[str, str, str]]:
    """Of one more request, once it is done: model, reason and outcome of each."""
    request_id = submit(stack, person, "A text.", **FAST)
    wait_for(lambda: fetch(stack, person, request_id)["status"] == "done", what="the answer")
    return [
        tuple(row)
        for row in stack.sql(
            "SELECT model, reason, outcome FROM requests_app_aiattempt WHERE request_id = %s ORDER BY number",
            request_id,
        )
    ]


def test_a_model_that_is_down_is_left_alone_and_tried_by_one(stack: Stack, alice: Person, careful: redis.Redis) -> None:
    down, answered = ("haiku", "provider_unavailable"), ("smollm2-135m-instruct", "fallback", "done")
    first = attempts(stack, alice)
    assert [(model, outcome) for model, _reason, outcome in first[:2]] == [down, down]
    second = attempts(stack, alice)
    assert [(model, outcome) for model, _reason, outcome in second[:1]] == [down]  # the third failure opens it
    assert [second[1], *(attempts(stack, alice) for _request in range(3))] == [answered, *[[answered]] * 3]

    stack.script(models={"haiku": {}})
    assert stored(careful).cause == "Overloaded"
    careful.set(KEY, Breaker(state="open", until=1.0, open_s=10.0).dump())  # the time is over
    assert attempts(stack, alice) == [("haiku", "first", "done")]
    wait_for(lambda: stored(careful).state == "closed", what="the closed breaker")
