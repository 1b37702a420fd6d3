"""OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ai.providers.fake.dialects import event, oddly
from ai.providers.fake.ledger import Call
from ai.providers.fake.script import Script, Stop

FINISH: Mapping[Stop, str] = {
    "end": "stop",
    "max_tokens": "length",
    "refusal": "content_filter",
    "paused": "pause_turn",
    "context_window": "length",
    "unknown": "sparkle",
}


class OpenAIDialect:
    name: ClassVar[str] = "openai"

    def schema(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        wanted = body.get("response_format") or {}
        return wanted["json_schema"].get("schema") if wanted.get("type") == "json_schema" else None

    def opening(self, call: Call, script: Script, *, empty: bool) -> bytes:
        return self._chunk(call, {"role": "assistant", "content": ""})

    def piece(self, call: Call, text: str, script: Script) -> bytes:
        return self._chunk(call, {"refusal" if script.as_refusal else "content": text})

    def keepalive(self, call: Call) -> bytes:
        return self._chunk(call, {})

    def closing(self, call: Call, script: Script, *, empty: bool) -> Sequence[bytes]:
        """Servers disagree about ``[DONE]``; what ends an answer is its finish reason."""
        last = self._chunk(call, {}, finish=FINISH[script.stop])
        if not script.report_usage:
            return [last + b"data: [DONE]\n\n"]
        usage = event({**self._envelope(call), "choices": [], "usage": self._usage(call, script)})
        return [last + usage + b"data: [DONE]\n\n"]

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
            "finish_reason": FINISH[script.stop],
        }
        return {
            **self._envelope(call),
            "object": "chat.completion",
            "choices": [choice],
            "usage": self._usage(call, script),
        }

    def _envelope(self, call: Call) -> dict[str, Any]:
        return {"id": call.id, "object": "chat.completion.chunk", "created": int(call.started), "model": call.model}

    def _chunk(self, call: Call, delta: Mapping[str, Any], *, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event({**self._envelope(call), "choices": [choice]})

    def _usage(self, call: Call, script: Script) -> dict[str, Any]:
        """OpenAI's prompt tokens include those read from and written to the cache."""
        figures = {
            "prompt_tokens": call.input_tokens,
            "completion_tokens": call.output_tokens,
            "total_tokens": call.input_tokens + call.output_tokens,
        }
        cached = {"cached_tokens": call.cached_tokens, "cache_write_tokens": call.cache_write_tokens}
        return {**oddly(figures, script), "prompt_tokens_details": {**oddly(cached, script), "audio_tokens": 0}}
