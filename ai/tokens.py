"""Counting tokens without a network or a vocabulary: an estimate, safe to reserve by."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ai.types import Message, ModelSpec

BYTES_PER_TOKEN = 3.5  # of common text; vocabularies lie between 3 and 4.5
MOST_BYTES_PER_TOKEN = 10.5  # of a whole answer: three times the common; runs of blanks have more, no answer is one
MESSAGE_OVERHEAD = 4  # the marks around each turn


def estimate(text: str, model: ModelSpec | None) -> int:
    """0 for no text only. Takes any string, lone surrogates too; None is a model that nobody knows any more."""
    size = len(text.encode("utf-8", "surrogatepass"))
    return math.ceil(size / BYTES_PER_TOKEN * (model.token_factor if model else 1.0))


def estimate_messages(messages: Iterable[Message], model: ModelSpec) -> int:
    return sum(estimate(message.content, model) + MESSAGE_OVERHEAD for message in messages)


def answer_limit(max_tokens: int, messages: Iterable[Message], model: ModelSpec) -> int:
    """What a call may write: the prompt's limit, and room for thoughts as far as the window has it."""
    room = max(max_tokens, model.context_window - estimate_messages(messages, model))
    return min(max_tokens + model.thought_tokens, room, model.max_output_tokens)


def answer_bytes(max_tokens: int) -> float:
    """UTF-8 bytes beyond which an answer cannot have kept its limit: its server does not keep limits."""
    return max_tokens * MOST_BYTES_PER_TOKEN
