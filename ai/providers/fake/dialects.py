"""The two wire protocols: what a request says, and the bytes of an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

from ai.providers.fake.ledger import Call
from ai.providers.fake.script import Script


class Dialect(Protocol):
    name: ClassVar[str]

    def schema(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None: ...
    def opening(self, call: Call) -> bytes: ...
    def piece(self, call: Call, text: str, script: Script) -> bytes: ...
    def keepalive(self, call: Call) -> bytes: ...
    def closing(self, call: Call, script: Script) -> bytes: ...
    def error(self, status: int, code: str) -> dict[str, Any]: ...
    def error_event(self, code: str) -> bytes: ...
    def whole(self, call: Call, script: Script) -> dict[str, Any]: ...


def input_texts(body: Mapping[str, Any]) -> Sequence[str]:
    """The system text (Anthropic keeps it apart) and the turns, oldest first."""
    contents = [body.get("system", ""), *(message["content"] for message in body.get("messages", ()))]
    return [content if isinstance(content, str) else "".join(part["text"] for part in content) for content in contents]


def event(data: Mapping[str, Any], *, name: str | None = None) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {dump(data)}\n\n".encode()


def dump(data: Mapping[str, Any]) -> str:
    """Plain UTF-8, so that packets can split characters; a lone surrogate has only the escaped form."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or _encodable(text) else json.dumps(data)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class OpenAIDialect:
    name: ClassVar[str] = "openai"
    FINISH = {"end": "stop", "max_tokens": "length", "refusal": "content_filter", "paused": "stop"}

    def schema(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        wanted = body.get("response_format") or {}
        return wanted["json_schema"].get("schema") if wanted.get("type") == "json_schema" else None

    def opening(self, call: Call) -> bytes:
        return self._chunk(call, {"role": "assistant", "content": ""})

    def piece(self, call: Call, text: str, script: Script) -> bytes:
        return self._chunk(call, {"refusal" if script.as_refusal else "content": text})

    def keepalive(self, call: Call) -> bytes:
        return self._chunk(call, {})

    def closing(self, call: Call, script: Script) -> bytes:
        last = self._chunk(call, {}, finish=self.FINISH[script.stop])
        if script.report_usage:
            last += event({**self._envelope(call), "choices": [], "usage": self._usage(call)})
        return last + b"data: [DONE]\n\n"

    def error(self, status: int, code: str) -> dict[str, Any]:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": "scripted by the fake provider", "type": kind, "param": None, "code": code}}

    def error_event(self, code: str) -> bytes:
        return event(self.error(500, code))

    def whole(self, call: Call, script: Script) -> dict[str, Any]:
        content = {"refusal": call.text, "content": None} if script.as_refusal else {"content": call.text}
        choice = {
            "index": 0,
            "message": {"role": "assistant", "refusal": None, **content},
            "logprobs": None,
            "finish_reason": self.FINISH[script.stop],
        }
        return {
            **self._envelope(call),
            "object": "chat.completion",
            "choices": [choice],
            "usage": self._usage(call),
        }

    def _envelope(self, call: Call) -> dict[str, Any]:
        return {"id": call.id, "object": "chat.completion.chunk", "created": int(call.started), "model": call.model}

    def _chunk(self, call: Call, delta: Mapping[str, Any], *, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event({**self._envelope(call), "choices": [choice]})

    def _usage(self, call: Call) -> dict[str, Any]:
        return {
            "prompt_tokens": call.input_tokens,
            "completion_tokens": call.output_tokens,
            "total_tokens": call.input_tokens + call.output_tokens,
            "prompt_tokens_details": {"cached_tokens": call.cached_tokens, "audio_tokens": 0},
        }


class AnthropicDialect:
    name: ClassVar[str] = "anthropic"
    STOP = {"end": "end_turn", "max_tokens": "max_tokens", "refusal": "refusal", "paused": "pause_turn"}
    ERRORS = {
        400: "invalid_request_error",
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        413: "request_too_large",
        429: "rate_limit_error",
        529: "overloaded_error",
    }

    def schema(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        wanted = (body.get("output_config") or {}).get("format") or {}
        return wanted.get("schema")

    def opening(self, call: Call) -> bytes:
        message: dict[str, Any] = {
            "id": call.id,
            "type": "message",
            "role": "assistant",
            "model": call.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {**self._input_usage(call), "output_tokens": 1},
        }
        block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        return self._event({"type": "message_start", "message": message}) + self._event(block)

    def piece(self, call: Call, text: str, script: Script) -> bytes:
        return self._event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})

    def keepalive(self, call: Call) -> bytes:
        return self._event({"type": "ping"})

    def closing(self, call: Call, script: Script) -> bytes:
        stop = {"stop_reason": self.STOP[script.stop], "stop_sequence": None}
        usage = {**self._input_usage(call), "output_tokens": call.output_tokens}
        return (
            self._event({"type": "content_block_stop", "index": 0})
            + self._event({"type": "message_delta", "delta": stop, "usage": usage})
            + self._event({"type": "message_stop"})
        )

    def error(self, status: int, code: str) -> dict[str, Any]:
        kind = self.ERRORS.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": f"scripted by the fake provider: {code}"}}

    def error_event(self, code: str) -> bytes:
        return self._event({"type": "error", "error": {"type": code, "message": "scripted by the fake provider"}})

    def whole(self, call: Call, script: Script) -> dict[str, Any]:
        return {
            "id": call.id,
            "type": "message",
            "role": "assistant",
            "model": call.model,
            "content": [{"type": "text", "text": call.text}],
            "stop_reason": self.STOP[script.stop],
            "stop_sequence": None,
            "usage": {**self._input_usage(call), "output_tokens": call.output_tokens},
        }

    def _event(self, data: Mapping[str, Any]) -> bytes:
        return event(data, name=data["type"])

    def _input_usage(self, call: Call) -> dict[str, int]:
        """Anthropic's ``input_tokens`` leave cached ones out."""
        return {
            "input_tokens": call.input_tokens - call.cached_tokens,
            "cache_read_input_tokens": call.cached_tokens,
            "cache_creation_input_tokens": 0,
        }


BY_PATH: dict[str, Dialect] = {
    "/v1/chat/completions": OpenAIDialect(),
    "/v1/messages": AnthropicDialect(),
}
