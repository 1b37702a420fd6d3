"""What the adapter sends, and what is Anthropic's own in what comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ai.errors import GarbledStream, KeyRejected, StreamCut
from ai.providers.fake import FakeProvider, Script
from ai.providers.fake.wire import Request
from ai.types import Message, StopReason, Usage
from tests.unit.ai.providers.calling import Recorder, call, read

LONG = "Stay calm. " * 200


async def request_of(*, model: dict[str, Any] | None = None, **changes: Any) -> Request:
    recorder = Recorder(kind="anthropic")
    async with recorder as url:
        asked = call(url, kind="anthropic", **changes)
        await read(replace(asked, model=replace(asked.model, **(model or {}))))
    return recorder.requests[0]


async def sent(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = (await request_of(**changes)).json()
    return body


def events(*them: dict[str, Any]) -> bytes:
    return b"".join(b"event: x\ndata: %b\n\n" % json.dumps(event).encode() for event in them)


def start(**usage: int) -> dict[str, Any]:
    return {"type": "message_start", "message": {"usage": {"input_tokens": 7, "output_tokens": 1, **usage}}}


def end(reason: str = "end_turn", **usage: int) -> tuple[dict[str, Any], dict[str, Any]]:
    delta = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5, **usage}}
    return delta, {"type": "message_stop"}


def delta(kind: str, text: str) -> dict[str, Any]:
    names = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
    return {"type": "content_block_delta", "index": 0, "delta": {"type": kind, names[kind]: text}}


async def test_bare_model_gets_only_what_every_server_knows() -> None:
    request = await request_of()
    assert request.path == "/v1/messages"
    assert request.json() == {
        "model": "small",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a secret question"}]}],
        "stream": True,
        "max_tokens": 50,
    }


async def test_address_may_end_with_the_version(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="here"))
    assert (await read(call(f"{fake.url}/v1/", kind="anthropic")))[0] == "here"


async def test_system_text_stands_apart() -> None:
    body = await sent(messages=[Message(role="system", content="Be calm."), Message(role="user", content="Hi")])
    assert body["system"] == [{"type": "text", "text": "Be calm."}]
    assert [turn["role"] for turn in body["messages"]] == ["user"]


async def test_temperature_goes_to_the_last_version_that_takes_it() -> None:
    request = await request_of(temperature=1.4)
    assert (request.json()["temperature"], request.headers["anthropic-version"]) == (1.0, "2023-06-01")
    without = await request_of()
    assert "temperature" not in without.json()
    assert without.headers["anthropic-version"] > "2023-06-01"


async def test_thinking_effort_and_schema_are_sent() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}
    body = await sent(model={"thinking": "disabled", "reasoning_effort": "low"}, schema=schema)
    assert body["thinking"] == {"type": "disabled"}
    assert body["output_config"]["effort"] == "low"
    form = body["output_config"]["format"]
    assert (form["type"], form["schema"]["additionalProperties"]) == ("json_schema", False)
    assert form["schema"]["properties"]["n"] == {"type": "integer", "description": "{minimum: 1}"}


async def test_schema_that_the_api_cannot_take_is_not_sent() -> None:
    assert "output_config" not in await sent(schema={"type": "object", "properties": {"n": True}})


def marks(body: dict[str, Any]) -> list[str]:
    blocks = [*body.get("system", ()), *(block for turn in body["messages"] for block in turn["content"])]
    return [block["text"] for block in blocks if "cache_control" in block]


def conversation(*, stable: bool) -> list[Message]:
    return [
        Message(role="system", content=LONG, stable=stable),
        Message(role="user", content="example", stable=True),
        Message(role="assistant", content="its answer", stable=True),
        Message(role="user", content="question"),
    ]


async def test_cache_mark_stands_behind_what_stays_the_same() -> None:
    assert marks(await sent(model={"cache_from_tokens": 512}, messages=conversation(stable=True))) == ["its answer"]


@pytest.mark.parametrize(("least", "stable"), [(4096, True), (None, True), (512, False)])
async def test_no_mark_on_what_is_too_short_or_changes(least: int | None, stable: bool) -> None:
    assert marks(await sent(model={"cache_from_tokens": least}, messages=conversation(stable=stable))) == []


async def test_thoughts_and_pings_are_no_text() -> None:
    thinking = (delta("thinking_delta", "hm"), delta("signature_delta", "c2ln"))
    frames = events(start(), {"type": "ping"}, *thinking, {"type": "new_event"}, delta("text_delta", "yes"), *end())
    async with Recorder(frames) as url:
        text, completed = await read(call(url, kind="anthropic"))
    assert (text, completed.stop_reason) == ("yes", StopReason.END)


async def test_later_figures_replace_earlier_ones() -> None:
    began = start(cache_read_input_tokens=20, cache_creation_input_tokens=30)
    async with Recorder(events(began, *end(input_tokens=9))) as url:
        completed = (await read(call(url, kind="anthropic")))[1]
    expected = Usage(input_tokens=9, cache_read_tokens=20, cache_write_tokens=30, output_tokens=5)
    assert completed.usage == expected


@pytest.mark.parametrize("figure", [-1, 10**12])
async def test_figures_that_cannot_be_are_unknown(figure: int) -> None:
    async with Recorder(events(start(input_tokens=figure), *end())) as url:
        assert (await read(call(url, kind="anthropic")))[1].usage is None


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("stop_sequence", StopReason.END),
        ("pause_turn", StopReason.PAUSED),
        ("model_context_window_exceeded", StopReason.MAX_TOKENS),
        ("tool_use", StopReason.OTHER),
        ("something_new", StopReason.OTHER),
    ],
)
async def test_reasons_to_stop(reason: str, stop: StopReason) -> None:
    async with Recorder(events(start(), *end(reason))) as url:
        assert (await read(call(url, kind="anthropic")))[1].stop_reason is stop


async def test_stream_without_its_last_event_was_cut() -> None:
    async with Recorder(events(start(), delta("text_delta", "x"), end()[0])) as url:
        with pytest.raises(StreamCut):
            await read(call(url, kind="anthropic"))


@pytest.mark.parametrize("event", [{"type": "message_start"}, {"type": "content_block_delta", "delta": {}}])
async def test_events_of_another_shape_are_garbled(event: dict[str, Any]) -> None:
    async with Recorder(events(event)) as url:
        with pytest.raises(GarbledStream):
            await read(call(url, kind="anthropic"))


async def test_spent_account_is_a_matter_of_the_key(fake: FakeProvider) -> None:
    details = {"error_code": "enforced_spend_limit_reached"}
    error = {"type": "rate_limit_error", "message": "", "details": details}
    fake.scripts.push(Script(status=429, body=json.dumps({"type": "error", "error": error})))
    with pytest.raises(KeyRejected):
        await read(call(fake.url, kind="anthropic"))
