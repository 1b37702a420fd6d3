"""What the engine does about a provider's faults."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from ai.engine import Answered, Failed, PutBack
from ai.providers.fake import FakeProvider, Script
from ai.types import TextDelta, Usage
from tests.unit.ai.engine.driving import driven, job

OK = Answered(text="fine")
FINE = Script(text="fine")


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("ending", ["cut", "drop", "reset", "garbage", "error"])
async def test_broken_stream_is_asked_for_again(fake: FakeProvider, ending: Any, after: int) -> None:
    fake.scripts.push(Script(text="lost text", chunk_chars=3, ending=ending, after_chunks=after), FINE)
    result = await driven(job(fake))
    assert result.end == OK
    assert result.outcomes == ["provider_unavailable", "done"]
    assert result.calls == [("small", "first"), ("small", "retry")]


async def test_cut_after_text_is_incomplete_where_the_prompt_says_so(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="lost", ending="cut"), FINE)
    result = await driven(job(fake, cut="incomplete"))
    assert isinstance(result.end, Failed)
    assert (result.end.code, result.text) == ("incomplete", "lost")


async def test_cut_before_text_is_retried_all_the_same(fake: FakeProvider) -> None:
    fake.scripts.push(Script(ending="cut", after_chunks=0), FINE)
    assert (await driven(job(fake, cut="incomplete"))).end == OK


async def test_cut_stream_is_estimated_never_free(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="lost", ending="cut"), FINE)
    closed = (await driven(job(fake))).closed[0]
    assert closed.usage.estimated
    assert closed.usage.output_tokens == 2
    assert closed.cost_usd


async def test_rejected_call_cost_nothing(fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=500), FINE)
    result = await driven(job(fake))
    assert result.end == OK
    assert result.closed[0].usage == Usage()
    assert result.closed[0].cost_usd == 0


async def test_fallback_after_two_failures(fake: FakeProvider) -> None:
    fake.scripts.by_model["small"] = Script(status=500)
    fake.scripts.by_model["large"] = FINE
    result = await driven(job(fake, "small", "large"))
    assert result.end == OK
    assert result.calls == [("small", "first"), ("small", "retry"), ("large", "fallback")]


async def test_unreachable_provider_falls_back(fake: FakeProvider) -> None:
    task = job(fake, "small", "large")
    gone = replace(task.route[0].provider, base_url="http://127.0.0.1:1/v1")
    task = replace(task, route=(replace(task.route[0], provider=gone), task.route[1]))
    result = await driven(task)
    assert isinstance(result.end, Answered)
    assert result.closed[0].usage == Usage()


async def test_too_long_an_input_goes_to_a_larger_window(fake: FakeProvider) -> None:
    fake.scripts.by_model["small"] = Script(status=400, error_code="context_length_exceeded")
    fake.scripts.by_model["large"] = FINE
    task = job(fake, "small", "alike", "large")
    wide = replace(task.route[2], context_window=200_000)
    result = await driven(replace(task, route=(*task.route[:2], wide)))
    assert result.calls == [("small", "first"), ("large", "fallback")]
    assert result.end == OK


async def test_short_retry_after_is_waited_for(fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=429, retry_after_ms="300", retry_after="60"), FINE)
    started = time.perf_counter()
    assert (await driven(job(fake))).end == OK
    assert time.perf_counter() - started >= 0.3


async def test_long_retry_after_goes_to_the_next_model(fake: FakeProvider) -> None:
    fake.scripts.by_model["small"] = Script(status=429, retry_after="30")
    fake.scripts.by_model["large"] = FINE
    result = await driven(job(fake, "small", "large"))
    assert result.calls == [("small", "first"), ("large", "fallback")]
    assert result.end == OK


async def test_long_retry_after_without_next_model_puts_back(fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=429, retry_after="30"))
    result = await driven(job(fake, deadline_s=60.0))
    assert result.end == PutBack(after_s=30.0, reason="provider_unavailable")


async def test_dead_key_behind_a_passing_failure_puts_back(fake: FakeProvider) -> None:
    fake.scripts.by_model["small"] = Script(status=503)
    fake.scripts.by_model["large"] = Script(status=401)
    result = await driven(job(fake, "small", "large", deadline_s=60.0))
    assert result.calls == [("small", "first"), ("small", "retry"), ("large", "fallback")]
    assert isinstance(result.end, PutBack)


async def test_put_back_past_the_deadline_gives_up(fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=429, retry_after="30"))
    result = await driven(job(fake, deadline_s=10.0))
    assert isinstance(result.end, Failed)
    assert result.end.code == "provider_unavailable"


async def test_calls_left_bounds_everything(fake: FakeProvider) -> None:
    fake.scripts.default = Script(status=500)
    result = await driven(job(fake, "small", "large", calls_left=3))
    assert isinstance(result.end, Failed)
    assert result.end.code == "provider_unavailable"
    assert len(fake.ledger.calls) == len(result.closed) == 3


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "bad", "provider_rejected"),
        (404, "model_not_found", "provider_rejected"),
        (400, "context_length_exceeded", "context_exceeded"),
        (401, "bad_key", "provider_unavailable"),
        (429, "insufficient_quota", "provider_unavailable"),
    ],
)
async def test_final_rejections_are_not_repeated(fake: FakeProvider, status: int, code: str, expected: str) -> None:
    fake.scripts.default = Script(status=status, error_code=code)
    result = await driven(job(fake))
    assert isinstance(result.end, Failed)
    assert result.end.code == expected
    assert len(fake.ledger.calls) == 1


async def test_unknown_adapter_is_our_error_with_one_closing(fake: FakeProvider) -> None:
    task = job(fake)
    odd = replace(task.route[0].provider, kind="carrier-pigeon")
    result = await driven(replace(task, route=(replace(task.route[0], provider=odd),)))
    assert isinstance(result.end, Failed)
    assert (result.end.code, result.outcomes) == ("internal_error", ["internal_error"])


async def test_second_answer_starts_over(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="lost", ending="reset"), FINE)
    result = await driven(job(fake))
    shown = [event.text for event in result.events if isinstance(event, TextDelta)]
    assert "".join(shown) == "lostfine"
    assert result.text == "fine"
