"""The adapter over TCP: what it sends, and what it makes of what comes back."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from ai.errors import (
    BadCall,
    ConnectionFailed,
    ContextExceeded,
    GarbledStream,
    KeyRejected,
    Overloaded,
    ProviderError,
    RateLimited,
    ServerFailed,
    StreamCut,
)
from ai.providers import client_for, close_clients
from ai.providers.fake import FakeProvider, Script
from ai.providers.fake.wire import Connection, Request, Response
from ai.providers.openai import _usage
from ai.types import (
    Capability,
    Completed,
    Message,
    ModelSpec,
    ProviderCall,
    ProviderSpec,
    StopReason,
    TextDelta,
    Usage,
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider
        await close_clients()


def call(base_url: str, *capabilities: Capability, **changes: Any) -> ProviderCall:
    model = ModelSpec(
        name="small",
        provider=ProviderSpec(name="fake", kind="openai", base_url=base_url, api_key_setting=None),
        context_window=8192,
        max_output_tokens=1000,
        capabilities=frozenset(capabilities),
    )
    usual = ProviderCall(
        model=model,
        messages=[Message(role="user", content="a secret question")],
        max_tokens=50,
        content_idle_s=30,
    )
    return replace(usual, **changes)


async def read(asked: ProviderCall) -> tuple[str, Completed]:
    """The text, and what came last."""
    texts: list[str] = []
    async for event in client_for(asked.model.provider).stream(asked):
        if isinstance(event, Completed):
            return "".join(texts), event
        texts.append(event.text)
    raise AssertionError("no terminal event")


class Recorder:
    """A server that keeps what it was sent, and answers with one whole stream."""

    def __init__(self, *frames: bytes) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._frames = frames or (b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n', b"data: [DONE]\n\n")

    async def answer(self, request: Request, response: Response) -> None:
        self.requests.append(request)
        response.start_events()
        for frame in self._frames:
            await response.send(frame)
        response.finish()

    async def __aenter__(self) -> str:
        self._server = await asyncio.get_running_loop().create_server(self._connected, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def _connected(self) -> Connection:
        self.connections += 1
        return Connection(self.answer, set())

    async def __aexit__(self, *_: object) -> None:
        await close_clients()
        self._server.close()


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
    body = await sent(
        Capability.STREAM_USAGE, Capability.MAX_COMPLETION_TOKENS, temperature=0.2, schema={"type": "object"}
    )
    assert body["stream_options"] == {"include_usage": True}
    assert (body["max_completion_tokens"], body["temperature"]) == (50, 0.2)
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "max_tokens" not in body


async def test_reasoning_effort_is_sent() -> None:
    recorder = Recorder()
    async with recorder as url:
        asked = call(url)
        await read(replace(asked, model=replace(asked.model, reasoning_effort="none")))
    assert recorder.requests[0].json()["reasoning_effort"] == "none"


async def test_connections_without_tls_are_not_reused() -> None:
    recorder = Recorder()
    async with recorder as url:
        for _ in range(3):
            await read(call(url))
    assert recorder.connections == 3


async def test_retries_are_not_the_adapters(fake: FakeProvider) -> None:
    fake.scripts.default = Script(status=500)
    with pytest.raises(ServerFailed):
        await read(call(fake.openai_url))
    assert len(fake.ledger.calls) == 1


async def test_cached_tokens_are_taken_out_of_the_input(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="text", cached_tokens=3))
    text, completed = await read(call(fake.openai_url))
    assert text == "text"
    expected = Usage(input_tokens=fake.ledger.calls[0].input_tokens - 3, cache_read_tokens=3, output_tokens=1)
    assert completed == Completed(stop_reason=StopReason.END, usage=expected)


async def test_usage_may_be_absent(fake: FakeProvider) -> None:
    fake.scripts.push(Script(report_usage=False))
    assert (await read(call(fake.openai_url)))[1].usage is None


@pytest.mark.parametrize(
    ("script", "stop"),
    [
        (Script(stop="max_tokens"), StopReason.MAX_TOKENS),
        (Script(stop="refusal"), StopReason.REFUSAL),
        (Script(as_refusal=True), StopReason.REFUSAL),
    ],
)
async def test_stop_reason(fake: FakeProvider, script: Script, stop: StopReason) -> None:
    fake.scripts.push(script)
    assert (await read(call(fake.openai_url)))[1].stop_reason is stop


async def test_end_without_done_mark_is_an_end() -> None:
    async with Recorder(b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n') as url:
        text, completed = await read(call(url))
    assert (text, completed.stop_reason) == ("x", StopReason.END)


@pytest.mark.parametrize(
    "frame",
    [
        b"data: 7\n\n",
        b'data: {"choices":7}\n\n',
        b'data: {"choices":[7]}\n\n',
        b"data: \xff\xfe\n\n",
        b'data: {"usage":{"a":1}}\n\n',
    ],
)
async def test_events_of_another_shape_are_garbled(frame: bytes) -> None:
    async with Recorder(frame) as url:
        with pytest.raises(GarbledStream):
            await read(call(url))


async def test_comments_line_separators_and_carriage_returns_are_read_through() -> None:
    frame = ': waiting\r\n\r\ndata:{"choices":[{"delta":{"content":"a\u2028b\x85c"},"finish_reason":"stop"}]}\r\n\r\n'
    async with Recorder(frame.encode()) as url:
        assert (await read(call(url)))[0] == "a\u2028b\x85c"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (Script(status=400), BadCall),
        (Script(status=404), BadCall),
        (Script(status=400, error_code="context_length_exceeded"), ContextExceeded),
        (Script(status=401), KeyRejected),
        (Script(status=402), KeyRejected),
        (Script(status=403), KeyRejected),
        (Script(status=408), ServerFailed),
        (Script(status=429), RateLimited),
        (Script(status=429, error_code="insufficient_quota"), KeyRejected),
        (Script(status=503), ServerFailed),
        (Script(status=529), Overloaded),
        (Script(ending="error"), ServerFailed),
        (Script(ending="error", error_code="overloaded_error"), Overloaded),
        (Script(ending="error", error_code="rate_limit_exceeded"), RateLimited),
        (Script(ending="garbage"), GarbledStream),
        (Script(ending="cut"), StreamCut),
        (Script(ending="drop"), StreamCut),
        (Script(ending="reset"), ConnectionFailed),
    ],
)
async def test_failures(fake: FakeProvider, script: Script, error: type[ProviderError]) -> None:
    fake.scripts.push(script)
    with pytest.raises(ProviderError) as caught:
        await read(call(fake.openai_url))
    assert type(caught.value) is error
    assert caught.value.served is (script.status == 200)


async def test_unreachable() -> None:
    with pytest.raises(ConnectionFailed) as caught:
        await read(call("http://127.0.0.1:1/v1"))
    assert not caught.value.served
    await close_clients()


async def test_the_providers_words_are_not_kept(fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=400), Script(ending="error"))
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            await read(call(fake.openai_url))
        assert "scripted" not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None


async def test_closing_the_stream_closes_the_socket(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="abc", ending="hang"))
    asked = call(fake.openai_url)
    stream = client_for(asked.model.provider).stream(asked)
    assert isinstance(await anext(stream), TextDelta)
    await stream.aclose()
    async with asyncio.timeout(1):
        while fake.ledger.calls[0].outcome != "disconnected":  # noqa: ASYNC110  # the ledger tells nobody
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("figure", [-5, 10**12, "7", 1.5, None])
def test_figures_that_cannot_be_are_unknown(figure: object) -> None:
    assert _usage({"prompt_tokens": figure, "completion_tokens": 3}) is None
    assert _usage({"prompt_tokens": 3, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": -1}}) is None
