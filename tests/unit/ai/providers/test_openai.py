"""What the adapter sends, and what is OpenAI's own in what comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ai.errors import GarbledStream, KeyRejected
from ai.providers.fake import FakeProvider, Script
from ai.providers.openai import _usage
from ai.types import Capability, StopReason, Usage
from tests.unit.ai.providers.calling import Recorder, call, read


async def sent(*capabilities: Capability, **changes: Any) -> dict[str, Any]:
    recorder = Recorder()
    async with recorder as url:
        await read(call(url, *capabilities, **changes))
    body: dict[str, Any] = recorder.requests[0].json()
    return body


async def test_bare_model_gets_only_what_every_server_knows() -> None:
    assert await sent() == {
        "model": "small",
        "messages": [{"role": "user", "content": "a secret question"}],
        "stream": True,
        "max_tokens": 50,
    }


async def test_capabilities_decide_what_is_sent() -> None:
    body = await sent(Capability.STREAM_USAGE, Capability.MAX_COMPLETION_TOKENS, temperature=0.2)
    assert body["stream_options"] == {"include_usage": True}
    assert (body["max_completion_tokens"], body["temperature"]) == (50, 0.2)
    assert "max_tokens" not in body


async def test_schema_is_strict_where_it_can_be() -> None:
    closed = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    wanted = (await sent(schema=closed))["response_format"]["json_schema"]
    assert wanted == {"name": "answer", "schema": closed, "strict": True}


async def test_schema_is_a_hint_where_it_cannot_be_strict() -> None:
    loose = {"type": "object", "properties": {"a": {"type": "string", "minLength": 3}}}
    wanted = (await sent(schema=loose))["response_format"]["json_schema"]
    assert wanted == {"name": "answer", "schema": loose}


async def test_reasoning_effort_is_sent() -> None:
    recorder = Recorder()
    async with recorder as url:
        asked = call(url)
        await read(replace(asked, model=replace(asked.model, reasoning_effort="none")))
    assert recorder.requests[0].json()["reasoning_effort"] == "none"


async def test_usage_may_be_absent(fake: FakeProvider) -> None:
    fake.scripts.push(Script(report_usage=False))
    assert (await read(call(fake.openai_url)))[1].usage is None


async def test_refusal_is_no_text(fake: FakeProvider) -> None:
    fake.scripts.push(Script(as_refusal=True))
    text, completed = await read(call(fake.openai_url))
    assert (text, completed.stop_reason) == ("", StopReason.REFUSAL)


async def test_spent_account_is_a_matter_of_the_key(fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=429, error_code="insufficient_quota"))
    with pytest.raises(KeyRejected):
        await read(call(fake.openai_url))


async def test_end_without_done_mark_is_an_end() -> None:
    async with Recorder(b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n') as url:
        text, completed = await read(call(url))
    assert (text, completed.stop_reason) == ("x", StopReason.END)


async def test_nothing_behind_the_done_mark_counts() -> None:
    late = b'data: {"choices":[{"delta":{"content":"late"}}]}\n\n'
    end = b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    async with Recorder(end + late) as url:
        assert (await read(call(url)))[0] == "x"


@pytest.mark.parametrize(
    "frame", [b'data: {"choices":7}\n\n', b'data: {"choices":[7]}\n\n', b'data: {"usage":{"a":1}}\n\n']
)
async def test_events_of_another_shape_are_garbled(frame: bytes) -> None:
    async with Recorder(frame) as url:
        with pytest.raises(GarbledStream):
            await read(call(url))


async def test_comments_line_separators_and_carriage_returns_are_read_through() -> None:
    frame = ': waiting\r\n\r\ndata:{"choices":[{"delta":{"content":"a\u2028b\x85c"},"finish_reason":"stop"}]}\r\n\r\n'
    async with Recorder(frame.encode()) as url:
        assert (await read(call(url)))[0] == "a\u2028b\x85c"


def test_what_was_written_to_the_cache_is_no_ordinary_input() -> None:
    details = {"cached_tokens": 30, "cache_write_tokens": 50}
    reported = {"prompt_tokens": 100, "completion_tokens": 3, "prompt_tokens_details": details}
    assert _usage(reported) == Usage(input_tokens=20, cache_read_tokens=30, cache_write_tokens=50, output_tokens=3)


@pytest.mark.parametrize("figure", [-5, 10**12, "7", 1.5, True, None])
def test_figures_that_cannot_be_are_unknown(figure: object) -> None:
    assert _usage({"prompt_tokens": figure, "completion_tokens": 3}) is None
    assert _usage({"prompt_tokens": 3, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": -1}}) is None
