"""Faults made on purpose, to see on a staging site what a vendor's bad hour does: ``LINTEL_FAULTS``.

``overloaded=0.2`` fails a fifth of all calls, ``cut@claude-haiku-4-5=0.1`` breaks off a tenth of one model's. Each call
draws for itself. A production site refuses to start with any.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from ai.errors import (
    CallTimedOut,
    ConfigurationError,
    ConnectionFailed,
    KeyRejected,
    Overloaded,
    ProviderError,
    RateLimited,
    ServerFailed,
    StreamCut,
)
from ai.types import Completed, TextDelta

Events = AsyncGenerator[TextDelta | Completed, None]

CUT = "cut"
WHY = "made on purpose by LINTEL_FAULTS"
UNSERVED: dict[str, Callable[[], ProviderError]] = {
    "overloaded": lambda: Overloaded(WHY, served=False),
    "rate_limited": lambda: RateLimited(WHY, retry_after=5.0, served=False),
    "server_failed": lambda: ServerFailed(WHY, served=False),
    "unreachable": lambda: ConnectionFailed(WHY, served=False),
    "timed_out": lambda: CallTimedOut(WHY, served=False),
    "key_rejected": lambda: KeyRejected(WHY, served=False),
}
KINDS = (*UNSERVED, CUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``share`` of calls, 0 to 1; of every model where none is named."""

    kind: str
    model: str
    share: float


@lru_cache(maxsize=8)
def faults_from(words: tuple[str, ...]) -> tuple[Fault, ...]:
    """Raises ConfigurationError that names the word."""
    return tuple(_fault(word) for word in words)


def _fault(word: str) -> Fault:
    named, _, told = word.partition("=")
    kind, _, model = named.partition("@")
    if kind not in KINDS:
        raise ConfigurationError(f"LINTEL_FAULTS has {word!r}: the kinds are {', '.join(KINDS)}.")
    try:
        share = float(told)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigurationError(f"LINTEL_FAULTS has {word!r}: after = comes a share from 0 to 1.")
    return Fault(kind=kind, model=model, share=share)


def beset(stream: Events, *, model: str) -> Events:
    """The stream with the faults that the settings want; itself where they want none."""
    if not settings.LINTEL_FAULTS:
        return stream
    return _beset(stream, _drawn(faults_from(tuple(settings.LINTEL_FAULTS)), model))


def _drawn(faults: Sequence[Fault], model: str) -> str:
    for fault in faults:
        if fault.model in ("", model) and random.random() < fault.share:  # noqa: S311
            return fault.kind
    return ""


async def _beset(stream: Events, kind: str) -> Events:
    if kind in UNSERVED:
        await stream.aclose()
        raise UNSERVED[kind]()
    async with aclosing(stream):
        async for event in stream:
            yield event
            if kind == CUT:
                raise StreamCut(WHY)
