"""The fake provider at the level of bytes, scripts and its ledger."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from ai.providers.fake import FakeProvider, Script


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def client(fake: FakeProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=fake.url, trust_env=False) as client:
        yield client


def ask(text: str = "hello", *, model: str = "small", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **more}


async def read(client: httpx2.AsyncClient, text: str = "hello", **more: Any) -> bytes:
    return (await client.post("/v1/chat/completions", json=ask(text, **more))).content


async def test_directive_beats_queue_beats_model(fake: FakeProvider, client: httpx2.AsyncClient) -> None:
    fake.scripts.by_model["small"] = Script(text="model")
    fake.scripts.push(Script(text="queue"))
    await read(client, 'hello [[fake {"text": "directive"}]]')
    await read(client)
    await read(client)
    assert [call.text for call in fake.ledger.calls] == ["directive", "queue", "model"]


async def test_header_directive(fake: FakeProvider, client: httpx2.AsyncClient) -> None:
    await client.post("/v1/chat/completions", json=ask(), headers={"X-Fake-Script": '{"text": "header"}'})
    assert fake.ledger.calls[0].text == "header"


async def test_unknown_script_field_is_named(client: httpx2.AsyncClient) -> None:
    assert b"a script has no colour" in await read(client, '[[fake {"colour": 1}]]')


async def test_clean_cut_ends_the_body_without_a_terminal_event(fake: FakeProvider, client: httpx2.AsyncClient) -> None:
    fake.scripts.push(Script(text="abcdef", chunk_chars=2, ending="cut", after_chunks=2))
    body = await read(client)
    assert b'"content":"cd"' in body
    assert b"[DONE]" not in body
    assert fake.ledger.calls[0].text == "abcd"


@pytest.mark.parametrize(("ending", "error"), [("drop", httpx2.RemoteProtocolError), ("reset", httpx2.ReadError)])
async def test_broken_connection(
    fake: FakeProvider, client: httpx2.AsyncClient, ending: Any, error: type[Exception]
) -> None:
    fake.scripts.push(Script(ending=ending, after_chunks=1))
    with pytest.raises(error):
        await read(client)
    assert fake.ledger.calls[0].outcome == ending


async def test_packets_split_characters(fake: FakeProvider, client: httpx2.AsyncClient) -> None:
    fake.scripts.push(Script(text="🦊", packet_bytes=1))
    async with client.stream("POST", "/v1/chat/completions", json=ask()) as response:
        parts = [part async for part in response.aiter_raw()]
    assert max(map(len, parts)) == 1
    assert "🦊" in b"".join(parts).decode()


async def test_delays_are_kept(fake: FakeProvider, client: httpx2.AsyncClient) -> None:
    fake.scripts.push(Script(text="abc", chunk_chars=1, first_delay_s=0.1, chunk_delay_s=0.05))
    started = time.perf_counter()
    await read(client)
    assert time.perf_counter() - started >= 0.2


async def test_leaving_client_is_noted(fake: FakeProvider, client: httpx2.AsyncClient) -> None:
    fake.scripts.push(Script(ending="hang"))
    async with client.stream("POST", "/v1/chat/completions", json=ask()) as response:
        await anext(response.aiter_raw())
        left = time.time()
    async with asyncio.timeout(5):
        while fake.ledger.calls[0].client_disconnected_at is None:  # noqa: ASYNC110  # the ledger tells nobody
            await asyncio.sleep(0.005)
    assert fake.ledger.calls[0].client_disconnected_at >= left


async def test_process_is_scripted_and_read_through_its_control_endpoints() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ai.providers.fake", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            await client.post("/control/scripts", json={"queue": [{"text": "told"}]})
            assert b"told" in await read(client, "hello")
            calls = (await client.get("/control/ledger")).json()["calls"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        assert await process.wait() == 0
    assert [(call["text"], call["outcome"]) for call in calls] == [("told", "done")]
