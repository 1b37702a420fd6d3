"""What every adapter makes of what comes back, over TCP."""

from __future__ import annotations

import asyncio
import traceback
import zlib

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
from ai.types import StopReason, TextDelta, Usage
from tests.unit.ai.providers.calling import WHOLE_STREAMS, Reciter, Recorder, Redirector, address, call, read

pytestmark = pytest.mark.parametrize("kind", ["openai", "anthropic"])


async def test_cached_tokens_stand_apart_from_the_input(fake: FakeProvider, kind: str) -> None:
    fake.scripts.push(Script(text="text", cached_tokens=3))
    text, completed = await read(call(address(kind, fake), kind=kind))
    billed = fake.ledger.calls[0].input_tokens
    assert (text, completed.stop_reason) == ("text", StopReason.END)
    assert completed.usage == Usage(input_tokens=billed - 3, cache_read_tokens=3, output_tokens=1)


async def test_split_characters_come_out_whole(fake: FakeProvider, kind: str) -> None:
    fake.scripts.push(Script(chunks=("naïve 👩‍👩‍", "👧 日本"), packet_bytes=1))
    assert (await read(call(address(kind, fake), kind=kind)))[0] == "naïve 👩‍👩‍👧 日本"


@pytest.mark.parametrize(
    ("script", "stop"),
    [(Script(stop="max_tokens"), StopReason.MAX_TOKENS), (Script(stop="refusal"), StopReason.REFUSAL)],
)
async def test_stop_reason(fake: FakeProvider, kind: str, script: Script, stop: StopReason) -> None:
    fake.scripts.push(script)
    assert (await read(call(address(kind, fake), kind=kind)))[1].stop_reason is stop


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (Script(status=400), BadCall),
        (Script(status=404), BadCall),
        (Script(status=401), KeyRejected),
        (Script(status=402), KeyRejected),
        (Script(status=403), KeyRejected),
        (Script(status=408), ServerFailed),
        (Script(status=429), RateLimited),
        (Script(status=503), ServerFailed),
        (Script(status=529), Overloaded),
        (Script(ending="error"), ServerFailed),
        (Script(ending="error", error_code="overloaded_error"), Overloaded),
        (Script(ending="error", error_code="rate_limit_error"), RateLimited),
        (Script(ending="garbage"), GarbledStream),
        (Script(ending="cut"), StreamCut),
        (Script(ending="drop"), StreamCut),
        (Script(ending="reset"), ConnectionFailed),
    ],
)
async def test_failures(fake: FakeProvider, kind: str, script: Script, error: type[ProviderError]) -> None:
    fake.scripts.push(script)
    with pytest.raises(ProviderError) as caught:
        await read(call(address(kind, fake), kind=kind))
    assert type(caught.value) is error
    assert caught.value.served is (script.status == 200)


async def test_input_that_does_not_fit(fake: FakeProvider, kind: str) -> None:
    """Anthropic has no code for it."""
    code = "context_length_exceeded" if kind == "openai" else "prompt is too long: 9 tokens > 8 maximum"
    fake.scripts.push(Script(status=400, error_code=code))
    with pytest.raises(ContextExceeded):
        await read(call(address(kind, fake), kind=kind))


async def test_wait_that_was_asked_for_is_kept(fake: FakeProvider, kind: str) -> None:
    fake.scripts.push(Script(status=429, retry_after="7", retry_after_ms="250"))
    with pytest.raises(RateLimited) as caught:
        await read(call(address(kind, fake), kind=kind))
    assert caught.value.retry_after == 0.25


async def test_retries_are_not_the_adapters(fake: FakeProvider, kind: str) -> None:
    fake.scripts.default = Script(status=500)
    with pytest.raises(ServerFailed):
        await read(call(address(kind, fake), kind=kind))
    assert len(fake.ledger.calls) == 1


async def test_unreachable(kind: str) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        await read(call("http://127.0.0.1:1/v1", kind=kind))
    assert not caught.value.served
    await close_clients()


async def test_the_providers_words_are_not_kept(fake: FakeProvider, kind: str) -> None:
    fake.scripts.push(Script(status=400), Script(ending="error"))
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            await read(call(address(kind, fake), kind=kind))
        assert "scripted" not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None


async def test_closing_the_stream_closes_the_socket(fake: FakeProvider, kind: str) -> None:
    fake.scripts.push(Script(text="abc", ending="hang"))
    asked = call(address(kind, fake), kind=kind)
    stream = client_for(asked.model.provider).stream(asked)
    assert isinstance(await anext(stream), TextDelta)
    await stream.aclose()
    async with asyncio.timeout(1):
        while fake.ledger.calls[0].outcome != "disconnected":  # noqa: ASYNC110  # the ledger tells nobody
            await asyncio.sleep(0.005)


async def test_connections_without_tls_are_not_reused(kind: str) -> None:
    recorder = Recorder(kind=kind)
    async with recorder as url:
        for _ in range(3):
            await read(call(url, kind=kind))
    assert recorder.connections == 3


NO_EVENTS = [
    b"data: 7\n\n",
    b"data: \xff\xfe\n\n",
    b'data: {"usage":{"a":1},"type":[1}\n\n',
    b"data: " + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"\n\n",
]


@pytest.mark.parametrize("frame", NO_EVENTS, ids=["number", "bytes", "broken", "deep"])
async def test_events_that_are_none_are_garbled(kind: str, frame: bytes) -> None:
    async with Recorder(frame) as url:
        with pytest.raises(GarbledStream):
            await read(call(url, kind=kind))


@pytest.mark.parametrize("text", ["5", "true", '["text"]', '{"type":"text"}'])
async def test_texts_that_are_none_are_garbled(kind: str, text: str) -> None:
    events = {
        "openai": '{"choices":[{"delta":{"content":%s}}]}',
        "anthropic": '{"type":"content_block_delta","delta":{"type":"text_delta","text":%s}}',
    }
    async with Recorder(f"data: {events[kind] % text}\n\n".encode()) as url:
        with pytest.raises(GarbledStream):
            await read(call(url, kind=kind))


async def test_an_errors_body_without_an_end_is_not_waited_for(kind: str) -> None:
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 1000000000\r\n\r\n"
    async with Reciter(head + b" " * 1_000_000) as url, asyncio.timeout(5):
        with pytest.raises(BadCall):
            await read(call(url, kind=kind))


async def test_codings_but_gzip_are_not_decoded(kind: str) -> None:
    body = zlib.compress(WHOLE_STREAMS[kind])
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with Reciter(head + body) as url:
        with pytest.raises(ConnectionFailed):
            await read(call(url, kind=kind))


async def test_key_and_question_go_nowhere_else(kind: str) -> None:
    stranger = Recorder(kind=kind)
    async with stranger as elsewhere, Redirector(elsewhere) as url:
        with pytest.raises(BadCall):
            await read(call(url, kind=kind))
    assert not stranger.requests
