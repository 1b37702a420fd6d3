"""Anthropic's messages, and every server that speaks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import takewhile
from typing import Any, ClassVar

import anthropic

from ai.errors import ProviderError, StreamCut
from ai.providers.base import Provider
from ai.providers.connections import http_client
from ai.providers.failures import (
    CONTEXT_EXCEEDED,
    codes_of,
    failure_of_event,
    failure_of_status,
    failure_of_transport,
)
from ai.providers.registry import register_llm_provider
from ai.providers.streaming import Answer, RawResponse, StreamingProvider, count
from ai.tokens import estimate_messages
from ai.types import JSON, Completed, Message, ProviderCall, StopReason, Usage

DEFAULT_BASE_URL = "https://api.anthropic.com"
# The last version of the API that takes a temperature. The SDK's own answers 400 to it, whatever the model.
VERSION_WITH_TEMPERATURE = "2023-06-01"
# Kept for five minutes, renewed by each use. The prices we know for cache writes are those of this kind.
CACHE_MARK = {"type": "ephemeral"}
TOO_LONG = "prompt is too long"  # it has no code

STOP_REASONS = {
    "end_turn": StopReason.END,
    "stop_sequence": StopReason.END,
    "max_tokens": StopReason.MAX_TOKENS,
    "model_context_window_exceeded": StopReason.MAX_TOKENS,
    "refusal": StopReason.REFUSAL,
    "pause_turn": StopReason.PAUSED,
}
# Usage comes twice; the later figures are the sums so far.
USAGE_KEYS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


@register_llm_provider("anthropic")
def build(*, base_url: str | None, api_key: str | None) -> Provider:
    return AnthropicProvider(base_url=base_url or DEFAULT_BASE_URL, api_key=api_key)


class AnthropicProvider(StreamingProvider):
    sdk_error: ClassVar[type[Exception]] = anthropic.AnthropicError

    def __init__(self, *, base_url: str, api_key: str | None) -> None:
        # The SDK adds the /v1 that people copy with an address.
        base_url = base_url.rstrip("/").removesuffix("/v1")
        self._client = anthropic.AsyncAnthropic(
            # Without one the SDK would look for credentials of its own; servers without keys ignore it.
            api_key=api_key or "none",
            base_url=base_url,
            max_retries=0,
            http_client=http_client(base_url),
        )
        self._create = self._client.messages.with_streaming_response.create

    def request(self, call: ProviderCall) -> AbstractAsyncContextManager[RawResponse]:
        return self._create(**_arguments(call))

    def answer(self) -> Answer:
        return _Answer()

    def failure(self, error: Exception) -> ProviderError:
        if isinstance(error, anthropic.APIStatusError):
            return failure_of_status(error.status_code, error.response.headers, _codes(error))
        return failure_of_transport(error.__cause__ if isinstance(error, anthropic.APIConnectionError) else error)

    async def aclose(self) -> None:
        await self._client.close()


def _codes(error: anthropic.APIStatusError) -> set[str]:
    too_long = TOO_LONG in (error.api_message or "").lower()
    return {code for code in (error.type, error.error_code, CONTEXT_EXCEEDED if too_long else None) if code}


def _arguments(call: ProviderCall) -> dict[str, Any]:
    model = call.model
    system, turns = _blocks(call)
    arguments: dict[str, Any] = {
        "model": model.name,
        "messages": turns,
        "max_tokens": call.max_tokens,
        "stream": True,
    }
    if system:
        arguments["system"] = system
    if model.thinking is not None:
        arguments["thinking"] = {"type": model.thinking}
    if output := _output_config(call):
        arguments["output_config"] = output
    if call.temperature is not None:
        arguments["extra_body"] = {"temperature": min(call.temperature, 1.0)}
        arguments["extra_headers"] = {"anthropic-version": VERSION_WITH_TEMPERATURE}
    return arguments


def _output_config(call: ProviderCall) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if call.model.reasoning_effort is not None:
        config["effort"] = call.model.reasoning_effort
    if call.schema is not None and (schema := _narrowed(call.schema)):
        config["format"] = {"type": "json_schema", "schema": schema}
    return config


def _narrowed(schema: JSON) -> dict[str, Any] | None:
    """The part of it that the API takes, the rest as words of its description; None where the SDK finds no such part.

    The answer is held to the whole schema in any case.
    """
    try:
        return anthropic.transform_schema(dict(schema))
    except (ValueError, TypeError):
        return None


def _blocks(call: ProviderCall) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """System text and turns, with one cache mark behind what stays the same from call to call."""
    marked = _marked(call)
    system: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for message in call.messages:
        block: dict[str, Any] = {"type": "text", "text": message.content}
        if message is marked:
            block["cache_control"] = CACHE_MARK
        if message.role == "system":
            system.append(block)
        else:
            turns.append({"role": message.role, "content": [block]})
    return system, turns


def _marked(call: ProviderCall) -> Message | None:
    """The last message of the stable beginning, where that is long enough: a mark on less does nothing.

    On text that changes from call to call it would make the call a quarter dearer.
    """
    least = call.model.cache_from_tokens
    beginning: Sequence[Message] = list(takewhile(lambda message: message.stable, call.messages))
    if least is None or not beginning or estimate_messages(beginning, call.model) < least:
        return None
    return beginning[-1]


class _Answer(Answer):
    """Thoughts come as blocks and deltas of their own and are passed over."""

    def __init__(self) -> None:
        super().__init__()
        self._reported: dict[str, Any] = {}

    def _take_event(self, event: Mapping[str, Any]) -> str:
        match event.get("type"):
            case "message_start":
                self._note_usage(event["message"].get("usage") or {})
            case "content_block_delta" if event["delta"]["type"] == "text_delta":
                text: str = event["delta"]["text"]
                return text
            case "message_delta":
                self._note_usage(event.get("usage") or {})
                if reason := event["delta"].get("stop_reason"):
                    self.stop = STOP_REASONS.get(reason, StopReason.OTHER)
            case "message_stop":
                self.ended = True
            case "error":
                raise failure_of_event(codes_of(event.get("error")))
        return ""

    def _note_usage(self, usage: Mapping[str, Any]) -> None:
        self._reported |= {key: usage[key] for key in USAGE_KEYS if usage.get(key) is not None}

    def completed(self) -> Completed:
        if not self.ended:
            raise StreamCut("the stream ended without its last event")
        return super().completed()

    def usage(self) -> Usage | None:
        """Anthropic's input tokens leave cached ones out, as ours do. None where the figures cannot be."""
        given = {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, **self._reported}
        read, written = count(given["cache_read_input_tokens"]), count(given["cache_creation_input_tokens"])
        taken, output = count(given.get("input_tokens")), count(given.get("output_tokens"))
        if read is None or written is None or taken is None or output is None:
            return None
        return Usage(input_tokens=taken, cache_read_tokens=read, cache_write_tokens=written, output_tokens=output)
