"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ai.providers.fake.dialects import event, oddly
from ai.providers.fake.ledger import Call
from ai.providers.fake.script import Script, Stop

STOP: Mapping[Stop, str] = {
    "end": "end_turn",
    "max_tokens": "max_tokens",
    "refusal": "refusal",
    "paused": "pause_turn",
    "context_window": "model_context_window_exceeded",
    "unknown": "sparkle",
}
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class AnthropicDialect:
    name: ClassVar[str] = "anthropic"

    def schema(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        wanted = (body.get("output_config") or {}).get("format") or {}
        return wanted.get("schema")

    def opening(self, call: Call, script: Script, *, empty: bool) -> bytes:
        """An empty answer has no block of content at all."""
        message = {**self._message(call), "content": [], "stop_reason": None}
        if script.report_usage:
            message["usage"] = oddly({**self._input_usage(call), "output_tokens": 1}, script)
        block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        start = self._event({"type": "message_start", "message": message})
        return start if empty else start + self._event(block)

    def piece(self, call: Call, text: str, script: Script) -> bytes:
        return self._event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})

    def keepalive(self, call: Call) -> bytes:
        return self._event({"type": "ping"})

    def closing(self, call: Call, script: Script, *, empty: bool) -> Sequence[bytes]:
        last: dict[str, Any] = {"type": "message_delta", "delta": self._stopped(script)}
        if script.report_usage:
            last["usage"] = self._usage(call, script)
        block = b"" if empty else self._event({"type": "content_block_stop", "index": 0})
        return [block + self._event(last), self._event({"type": "message_stop"})]

    def error(self, status: int, code: str) -> dict[str, Any]:
        kind = ERRORS.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": f"scripted by the fake provider: {code}"}}

    def error_event(self, code: str) -> bytes:
        return self._event({"type": "error", "error": {"type": code, "message": "scripted by the fake provider"}})

    def whole(self, call: Call, script: Script) -> dict[str, Any]:
        content = [{"type": "text", "text": call.text}]
        return {**self._message(call), "content": content, **self._stopped(script), "usage": self._usage(call, script)}

    def _event(self, data: Mapping[str, Any]) -> bytes:
        return event(data, name=data["type"])

    def _message(self, call: Call) -> dict[str, Any]:
        return {"id": call.id, "type": "message", "role": "assistant", "model": call.model, "stop_sequence": None}

    def _stopped(self, script: Script) -> dict[str, Any]:
        return {"stop_reason": STOP[script.stop], "stop_sequence": None}

    def _usage(self, call: Call, script: Script) -> dict[str, Any]:
        return oddly({**self._input_usage(call), "output_tokens": call.output_tokens}, script)

    def _input_usage(self, call: Call) -> dict[str, int]:
        """Anthropic's ``input_tokens`` leave out what was read from or written to the cache."""
        return {
            "input_tokens": call.input_tokens - call.cached_tokens - call.cache_write_tokens,
            "cache_read_input_tokens": call.cached_tokens,
            "cache_creation_input_tokens": call.cache_write_tokens,
        }
