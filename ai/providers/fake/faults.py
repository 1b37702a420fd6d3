"""Everything that goes wrong with model APIs, by name, and a reproducible choice among it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from types import MappingProxyType
from typing import Any

from ai.providers.fake.script import Script

PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n"
ERROR = '{"type": "error", "error": {"type": "server_error", "code": "server_error", "message": "scripted"}}'
HTML = "text/html; charset=utf-8"

FAULTS: Mapping[str, Script] = MappingProxyType(
    {
        # Turned down at once.
        "rate_limit": Script(status=429, error_code="rate_limit_exceeded"),
        "rate_limit_with_wait": Script(status=429, error_code="rate_limit_exceeded", retry_after="3"),
        "server_error": Script(status=500),
        "overloaded": Script(status=529, error_code="overloaded_error"),
        "bad_key": Script(status=401, error_code="invalid_api_key"),
        "bad_request": Script(status=400),
        "bad_gateway_page": Script(status=502, body=PAGE, content_type=HTML),
        "gateway_timeout_page": Script(status=504, body=PAGE, content_type=HTML),
        # Status 200, and yet no answer.
        "error_with_200": Script(body=ERROR, content_type="application/json"),
        "page_with_200": Script(body=PAGE, content_type=HTML),
        "vanish": Script(ending="vanish"),
        # Broken off.
        "cut": Script(ending="cut"),
        "drop": Script(ending="drop"),
        "reset": Script(ending="reset"),
        "garbage": Script(ending="garbage"),
        "overload_event": Script(ending="error", error_code="overloaded_error"),
        "error_event": Script(ending="error", error_code="server_error"),
        "unfinished": Script(ending="unfinished"),
        # Silent or slow.
        "silence": Script(ending="hang"),
        "pings_only": Script(ending="hang", keepalive_s=0.05),
        "byte_a_second": Script(packet_bytes=1, packet_delay_s=1.0),
        "slow_head": Script(first_delay_s=0.2),
        # Ended otherwise than by a whole answer.
        "max_tokens": Script(stop="max_tokens"),
        "refusal": Script(stop="refusal"),
        "paused": Script(stop="paused"),
        "context_window": Script(stop="context_window"),
        "unknown_stop": Script(stop="unknown"),
        "empty": Script(chunks=()),
        # Odd, but whole.
        "split_characters": Script(packet_bytes=1),
        "emoji": Script(chunks=("👩‍👩‍", "👧‍👦 🇨", "🇭 𠜎é")),
        "nul": Script(chunks=("a\x00", "\x00b")),
        "lone_surrogates": Script(chunks=("a\ud83e", "b\udd8a", "c")),
        "split_pair": Script(chunks=("a\ud83e", "\udd8ab")),
        "huge_event": Script(chunks=("0123456789abcdef" * 32768,)),
        "gzip": Script(gzip=True),
        "whole_at_once": Script(framing="length"),
        "ended_by_close": Script(framing="close"),
        "wrong_content_type": Script(content_type="text/plain"),
        "ended_twice": Script(ending="twice"),
        "text_after_end": Script(ending="more"),
        "no_usage": Script(report_usage=False),
        "negative_usage": Script(odd_usage="negative"),
        "huge_usage": Script(odd_usage="huge"),
        "usage_in_words": Script(odd_usage="words"),
        "null_usage": Script(odd_usage="null"),
        "cached_input": Script(cached_tokens=4, cache_write_tokens=2),
    }
)
BREAKING = {"cut", "drop", "reset", "garbage", "error", "hang"}


def fault(name: str, /, *, base: Script | None = None, **changes: Any) -> Script:
    """The named fault upon a script of your own, with changes: ``fault("reset", after_chunks=2)``."""
    if name not in FAULTS:
        raise ValueError(f"fault: {name!r} is none of {', '.join(FAULTS)}")
    return replace(base or Script(), **{**FAULTS[name].told(), "fault": name, **changes})


@dataclass(slots=True, kw_only=True)
class Chance:
    """Some calls fail, at random and yet reproducibly: seed, question and how often it was asked decide.

    The order in which calls come does not matter, so that a run with many at once replays too.
    """

    seed: int
    fault_rate: float
    _asked: Counter[str] = field(default_factory=Counter)

    def play(self, question: str, base: Script) -> Script:
        self._asked[question] += 1
        random = Random(f"{self.seed}:{self._asked[question]}:{question}")  # noqa: S311  # reproducible, no secret
        if random.random() >= self.fault_rate:
            return base
        script = fault(random.choice(list(FAULTS)), base=base)
        return replace(script, after_chunks=random.randint(0, 5)) if script.ending in BREAKING else script
