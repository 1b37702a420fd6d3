"""Calling an adapter over TCP, and a server that keeps what it was sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from ai.providers import client_for, close_clients
from ai.providers.fake import FakeProvider
from ai.providers.fake.wire import Connection, Request, Response
from ai.types import Capability, Completed, Message, ModelSpec, ProviderCall, ProviderSpec

WHOLE_STREAMS = {
    "openai": b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    "anthropic": (
        b'data: {"type":"message_start","message":{"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
        b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\n'
        b'data: {"type":"message_stop"}\n\n'
    ),
}


def address(kind: str, fake: FakeProvider) -> str:
    return fake.openai_url if kind == "openai" else fake.url


def call(base_url: str, *capabilities: Capability, kind: str = "openai", **changes: Any) -> ProviderCall:
    model = ModelSpec(
        name="small",
        provider=ProviderSpec(name="fake", kind=kind, base_url=base_url, api_key_setting=None),
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
    """A server that keeps what it was sent, and answers with one stream: a whole one unless told."""

    def __init__(self, *frames: bytes, kind: str = "openai") -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._frames = frames or (WHOLE_STREAMS[kind],)

    async def answer(self, request: Request, response: Response) -> None:
        self.requests.append(request)
        response.start_events()
        for frame in self._frames:
            await response.send(frame)
        response.finish()

    async def __aenter__(self) -> str:
        self._server = await asyncio.get_running_loop().create_server(self._connected, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _connected(self) -> Connection:
        self.connections += 1
        return Connection(self.answer, set())

    async def __aexit__(self, *_: object) -> None:
        await close_clients()
        self._server.close()


class Redirector(Recorder):
    """Sends whoever asks to another place, where they are to ask the same again."""

    def __init__(self, elsewhere: str) -> None:
        super().__init__()
        self._elsewhere = elsewhere

    async def answer(self, request: Request, response: Response) -> None:
        self.requests.append(request)
        response.whole(307, b"", {"Location": self._elsewhere + request.path})


class Reciter:
    """Says the same bytes to whoever asks, and leaves the connection open."""

    def __init__(self, words: bytes) -> None:
        self._words = words

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self._words)

    async def __aexit__(self, *_: object) -> None:
        await close_clients()
        self._server.close()
