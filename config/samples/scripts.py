"""How the fake provider plays one happening: a script for each call that the engine will make."""

from __future__ import annotations

from dataclasses import replace

from ai.providers.fake import Script
from config.samples.happenings import Happening

OVERLOADED = Script(status=529, error_code="overloaded_error", retry_after_ms="15")
LIMITED = Script(status=429, error_code="rate_limit_exceeded", retry_after_ms="25")
TURNED_DOWN = Script(status=400)
LONGEST_ROUTE = 8
REFUSAL = "I can't help with this text."
PIECES = 8


def scripts_for(one: Happening, *, input_tokens: int) -> list[Script]:
    """More than are played, where every model of a route has to say no."""
    cached = input_tokens // 3 if one.cached else 0
    answer = Script(
        text=one.answer,
        chunk_chars=max(8, -(-len(one.answer) // PIECES)),
        first_delay_s=0.008,
        chunk_delay_s=0.002,
        cached_tokens=cached,
    )
    match one.outcome:
        case "retried":
            return [LIMITED, answer]
        case "fallback":
            return [OVERLOADED, OVERLOADED, answer]
        case "cut":
            return [replace(answer, ending="cut", after_chunks=3), answer]
        case "reasked":
            return [replace(answer, text="I would say: payment."), answer]
        case "invalid":
            return [replace(answer, text="I would say: payment."), replace(answer, text="Payment, as I said.")]
        case "refused":
            return [replace(answer, text=REFUSAL, stop="refusal")]
        case "incomplete":
            return [replace(answer, text=one.answer[: len(one.answer) * 2 // 3], stop="max_tokens")]
        case "rejected":
            return [TURNED_DOWN] * LONGEST_ROUTE
        case "stopped":
            return [replace(answer, ending="hang", after_chunks=4)]
        case _:
            return [answer]
