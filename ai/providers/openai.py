"""OpenAI's chat completions, and every server that speaks them: a base URL is all that differs."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
from django.conf import settings

from ai.errors import GarbledStream, StreamCut
from ai.providers.base import Provider
from ai.providers.events import EventData
from ai.providers.openai_errors import failure_from_event, failure_from_exception
from ai.providers.registry import register_llm_provider
from ai.types import Capability, Completed, ProviderCall, StopReason, TextDelta, Usage

DEFAULT_BASE_URL = "https://api.openai.com/v1"
READ_SECONDS = 600.0  # the engine owns the deadline and the idle limit; this only outlives them
DRAIN_SECONDS = 0.1
LARGEST_COUNT = 2**31  # of tokens; what is more, or less than none, is no figure
KEPT_CONNECTIONS = 20  # for every call it starts, the pool looks at each idle connection

STOP_REASONS = {
    "stop": StopReason.END,
    "length": StopReason.MAX_TOKENS,
    "content_filter": StopReason.REFUSAL,
}


@register_llm_provider("openai")
def build(*, base_url: str | None, api_key: str | None) -> Provider:
    return OpenAIProvider(base_url=base_url or DEFAULT_BASE_URL, api_key=api_key)


class OpenAIProvider:
    """Takes the SDK's raw response and reads the events itself: half the processor time a chunk."""

    def __init__(self, *, base_url: str, api_key: str | None) -> None:
        self._client = openai.AsyncOpenAI(
            # The SDK insists on a key; servers without one ignore it.
            api_key=api_key or "none",
            base_url=base_url,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(
                timeout=httpx2.Timeout(READ_SECONDS, connect=settings.LINTEL_CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_kept_connections(base_url)),
                # A proxy of the environment cannot reach this machine's own loopback.
                trust_env=not _is_loopback(base_url),
            ),
        )
        self._create = self._client.chat.completions.with_streaming_response.create

    async def stream(self, call: ProviderCall) -> AsyncGenerator[TextDelta | Completed, None]:
        answer = _Answer()
        try:
            async with self._create(**_arguments(call)) as response:
                body = response.http_response.aiter_bytes()
                async for received in body:
                    for text in answer.take(received):
                        yield TextDelta(text=text)
                    if answer.ended:
                        break
                await _drain(body)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            failure = failure_from_exception(error)
        else:
            yield answer.completed()
            return
        # Raised outside the handler, so that the SDK's words are not even its context.
        raise failure

    async def aclose(self) -> None:
        await self._client.close()


def _kept_connections(url: str) -> int:
    """Reuse saves the TLS handshake; without TLS it only risks a connection that the server is just closing.

    On a busy machine llama.cpp's server broke 6 of 18 short calls so, and none of 24 on connections of their own.
    """
    return KEPT_CONNECTIONS if urlsplit(url).scheme == "https" else 0


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _arguments(call: ProviderCall) -> dict[str, Any]:
    can = call.model.capabilities
    limit = "max_completion_tokens" if Capability.MAX_COMPLETION_TOKENS in can else "max_tokens"
    arguments: dict[str, Any] = {
        "model": call.model.name,
        "messages": [{"role": message.role, "content": message.content} for message in call.messages],
        "stream": True,
        limit: call.max_tokens,
    }
    if Capability.STREAM_USAGE in can:
        arguments["stream_options"] = {"include_usage": True}
    if call.temperature is not None:
        arguments["temperature"] = call.temperature
    if call.schema is not None:
        wanted = {"name": "answer", "schema": call.schema}
        arguments["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if call.model.reasoning_effort is not None:
        arguments["reasoning_effort"] = call.model.reasoning_effort
    return arguments


async def _drain(body: AsyncIterator[bytes]) -> None:
    """Read the end of the body behind the last event: only then is the connection used again."""
    with contextlib.suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in body:
                pass


class _Answer:
    """What the events of one stream have said so far."""

    def __init__(self) -> None:
        self.ended = False
        self._events = EventData()
        self._stop: StopReason | None = None
        self._refused = False
        self._usage: Usage | None = None

    def take(self, received: bytes) -> Iterator[str]:
        """Note the events that end in these bytes, and give their texts."""
        for data in self._events.feed(received):
            if data == b"[DONE]":
                self.ended = True
            elif text := self._take_event(_parsed(data)):
                yield text

    def _take_event(self, chunk: Mapping[str, Any]) -> str:
        if error := chunk.get("error"):
            raise failure_from_event(error)
        try:
            return self._take_chunk(chunk)
        except (AttributeError, KeyError, TypeError) as error:
            raise GarbledStream("the stream held an event of another shape") from error

    def _take_chunk(self, chunk: Mapping[str, Any]) -> str:
        if usage := chunk.get("usage"):
            self._usage = _usage(usage)
        choices = chunk.get("choices")
        return self._take_choice(choices[0]) if choices else ""

    def completed(self) -> Completed:
        if self._stop is None:
            raise StreamCut("the stream ended without a finish reason")
        stop = StopReason.REFUSAL if self._refused else self._stop
        return Completed(stop_reason=stop, usage=self._usage)

    def _take_choice(self, choice: Mapping[str, Any]) -> str:
        if reason := choice.get("finish_reason"):
            self._stop = STOP_REASONS.get(reason, StopReason.OTHER)
        delta = choice.get("delta") or {}
        self._refused = self._refused or bool(delta.get("refusal"))
        text: str = delta.get("content") or ""
        return text


def _parsed(data: bytes) -> dict[str, Any]:
    """json, not a faster parser: it alone takes the lone surrogates that some servers split characters into."""
    try:
        chunk = json.loads(data)
    except ValueError:
        chunk = None
    if not isinstance(chunk, dict):
        raise GarbledStream("the stream held an event that is no JSON object")
    return chunk


def _usage(reported: Mapping[str, Any]) -> Usage | None:
    """OpenAI's prompt tokens include cached ones. None where the figures cannot be: they are estimated then."""
    prompt, completion = _count(reported["prompt_tokens"]), _count(reported["completion_tokens"])
    cached = _count((reported.get("prompt_tokens_details") or {}).get("cached_tokens") or 0)
    if prompt is None or completion is None or cached is None:
        return None
    return Usage(input_tokens=max(0, prompt - cached), cache_read_tokens=cached, output_tokens=completion)


def _count(reported: object) -> int | None:
    return reported if isinstance(reported, int) and 0 <= reported < LARGEST_COUNT else None
