"""OpenAI's chat completions, and every server that speaks them: a base URL is all that differs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

import openai

from ai.errors import ProviderError
from ai.providers.base import Provider
from ai.providers.connections import http_client
from ai.providers.failures import codes_of, failure_of_event, failure_of_status, failure_of_transport
from ai.providers.openai_schema import strict_form
from ai.providers.registry import register_llm_provider
from ai.providers.streaming import Answer, RawResponse, StreamingProvider, count
from ai.types import JSON, Capability, ProviderCall, StopReason, Usage

DEFAULT_BASE_URL = "https://api.openai.com/v1"
DONE = b"[DONE]"

STOP_REASONS = {
    "stop": StopReason.END,
    "length": StopReason.MAX_TOKENS,
    "content_filter": StopReason.REFUSAL,
}


@register_llm_provider("openai")
def build(*, base_url: str | None, api_key: str | None) -> Provider:
    return OpenAIProvider(base_url=base_url or DEFAULT_BASE_URL, api_key=api_key)


class OpenAIProvider(StreamingProvider):
    sdk_error: ClassVar[type[Exception]] = openai.OpenAIError

    def __init__(self, *, base_url: str, api_key: str | None) -> None:
        self._client = openai.AsyncOpenAI(
            # The SDK insists on a key; servers without one ignore it.
            api_key=api_key or "none",
            base_url=base_url,
            max_retries=0,
            http_client=http_client(base_url),
        )
        self._create = self._client.chat.completions.with_streaming_response.create

    def request(self, call: ProviderCall) -> AbstractAsyncContextManager[RawResponse]:
        return self._create(**_arguments(call))

    def answer(self) -> Answer:
        return _Answer()

    def failure(self, error: Exception) -> ProviderError:
        if isinstance(error, openai.APIStatusError):
            return failure_of_status(error.status_code, error.response.headers, codes_of(error.body))
        return failure_of_transport(error.__cause__ if isinstance(error, openai.APIConnectionError) else error)

    async def aclose(self) -> None:
        await self._client.close()


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
        arguments["response_format"] = {"type": "json_schema", "json_schema": _wanted(call.schema)}
    if call.model.reasoning_effort is not None:
        arguments["reasoning_effort"] = call.model.reasoning_effort
    return arguments


def _wanted(schema: JSON) -> dict[str, Any]:
    """Strict where the schema can be: OpenAI's models then cannot answer otherwise. Else it is a hint to them."""
    strict = strict_form(schema)
    return (
        {"name": "answer", "schema": schema} if strict is None else {"name": "answer", "schema": strict, "strict": True}
    )


class _Answer(Answer):
    def __init__(self) -> None:
        super().__init__()
        self._refused = False
        self._usage: Usage | None = None

    def _take_data(self, data: bytes) -> str:
        if data == DONE:
            self.ended = True
            return ""
        return super()._take_data(data)

    def _take_event(self, event: Mapping[str, Any]) -> str:
        if error := event.get("error"):
            raise failure_of_event(codes_of(error))
        if usage := event.get("usage"):
            self._usage = _usage(usage)
        choices = event.get("choices")
        return self._take_choice(choices[0]) if choices else ""

    def _take_choice(self, choice: Mapping[str, Any]) -> str:
        delta = choice.get("delta") or {}
        self._refused = self._refused or bool(delta.get("refusal"))
        if reason := choice.get("finish_reason"):
            self.stop = StopReason.REFUSAL if self._refused else STOP_REASONS.get(reason, StopReason.OTHER)
        text: str = delta.get("content") or ""
        return text

    def usage(self) -> Usage | None:
        return self._usage


def _usage(reported: Mapping[str, Any]) -> Usage | None:
    """OpenAI's prompt tokens include cached ones. None where the figures cannot be: they are estimated then."""
    details = reported.get("prompt_tokens_details") or {}
    prompt, completion = count(reported["prompt_tokens"]), count(reported["completion_tokens"])
    read, written = count(details.get("cached_tokens") or 0), count(details.get("cache_write_tokens") or 0)
    if prompt is None or completion is None or read is None or written is None:
        return None
    return Usage(
        input_tokens=max(0, prompt - read - written),
        cache_read_tokens=read,
        cache_write_tokens=written,
        output_tokens=completion,
    )
