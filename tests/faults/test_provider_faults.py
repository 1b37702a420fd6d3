"""Every fault of the fake provider through adapter and engine: how it ends, after how many calls, and at what price.

A model gets two calls here. ``before`` and ``after`` say where a fault strikes: before or after the first text.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest
from pytest_django.fixtures import Settings

from ai.engine import Answered, CallClosed, CallStarting, Failed, Job
from ai.providers.fake import FAULTS, Call, FakeProvider, Script, fault
from ai.types import TextDelta, Usage
from tests.faults.oracles.texts import storable
from tests.unit.ai.engine.driving import Driven, driven, job


@dataclass(frozen=True, kw_only=True)
class Ends:
    """``code`` is the request's, "" where it was answered; ``usage`` is that of each of its calls."""

    code: str = ""
    calls: int = 1
    usage: Literal["billed", "estimated", "none"]


DONE = Ends(usage="billed")
UNBILLED = Ends(usage="estimated")
TURNED_DOWN = Ends(code="provider_unavailable", calls=2, usage="none")
BROKEN = Ends(code="provider_unavailable", calls=2, usage="estimated")
KEY = Ends(code="provider_unavailable", usage="none")
BAD = Ends(code="provider_rejected", usage="none")
EMPTY = Ends(code="empty", calls=2, usage="billed")
SHORT = Ends(code="incomplete", usage="billed")
REFUSED = Ends(code="refused", usage="billed")

# fault: (before, after). What turns a call down comes after the first text as an event that says the same.
TABLE: dict[str, tuple[Ends | None, Ends | None]] = {
    "rate_limit": (TURNED_DOWN, BROKEN),
    "rate_limit_with_wait": (TURNED_DOWN, BROKEN),
    "server_error": (TURNED_DOWN, BROKEN),
    "overloaded": (TURNED_DOWN, BROKEN),
    "bad_key": (KEY, BROKEN),
    "bad_request": (BAD, BROKEN),
    "bad_gateway_page": (TURNED_DOWN, None),
    "gateway_timeout_page": (TURNED_DOWN, None),
    "error_with_200": (BROKEN, None),
    "page_with_200": (BROKEN, None),
    "vanish": (BROKEN, None),
    "cut": (BROKEN, BROKEN),
    "drop": (BROKEN, BROKEN),
    "reset": (BROKEN, BROKEN),
    "garbage": (BROKEN, BROKEN),
    "overload_event": (BROKEN, BROKEN),
    "error_event": (BROKEN, BROKEN),
    "unfinished": (BROKEN, BROKEN),
    "silence": (BROKEN, BROKEN),
    "pings_only": (BROKEN, BROKEN),
    "byte_a_second": (BROKEN, None),
    "slow_head": (DONE, None),
    "max_tokens": (SHORT, SHORT),
    "refusal": (REFUSED, REFUSED),
    "paused": (SHORT, SHORT),
    "context_window": (SHORT, SHORT),
    "unknown_stop": (SHORT, SHORT),
    "empty": (EMPTY, None),
    "split_characters": (None, DONE),
    "emoji": (None, DONE),
    "nul": (None, DONE),
    "lone_surrogates": (None, DONE),
    "split_pair": (None, DONE),
    "huge_event": (None, DONE),
    "gzip": (None, DONE),
    "whole_at_once": (None, DONE),
    "ended_by_close": (None, DONE),
    "wrong_content_type": (None, DONE),
    "ended_twice": (None, DONE),
    "text_after_end": (None, DONE),
    "no_usage": (None, UNBILLED),
    "negative_usage": (None, UNBILLED),
    "huge_usage": (None, UNBILLED),
    "usage_in_words": (None, UNBILLED),
    "null_usage": (None, UNBILLED),
    "cached_input": (None, DONE),
}
ROWS = [
    pytest.param(name, when, ends, id=f"{name}-{when}")
    for name, row in TABLE.items()
    for when, ends in zip(("before", "after"), row, strict=True)
    if ends is not None
]
PASSING = [row for row in ROWS if row.values[2] in (TURNED_DOWN, BROKEN)]
TEXT = "Größe 👩‍👩‍👧 of a naïve answer. "


LONGEST = 100_000


@pytest.fixture(autouse=True)
def quick(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LINTEL_CONTENT_IDLE_SECONDS = 0.3
    monkeypatch.setattr("ai.resilience.BACKOFF_SECONDS", (0.0, 0.0))


def script(name: str, when: str) -> Script:
    usual = fault(name, base=Script(text=TEXT, chunk_chars=3))
    if usual.retry_after is not None:
        usual = replace(usual, retry_after=None, retry_after_ms="5")
    if when == "before":
        return replace(usual, after_chunks=0) if usual.status == 200 and usual.first_delay_s == 0 else usual
    if usual.status != 200:
        return replace(usual, status=200, ending="error", after_chunks=1)
    return replace(usual, after_chunks=None if usual.ending in ("done", "twice", "more") else 1)


def task(fake: FakeProvider, kind: str, **changes: Any) -> Job:
    """One model of a provider that no other test knows; it may write even what the longest fault sends."""
    usual = job(fake, calls_left=2, max_tokens=LONGEST, **changes)
    url = fake.openai_url if kind == "openai" else fake.url
    provider = replace(usual.route[0].provider, name=str(uuid.uuid4()), kind=kind, base_url=url)
    return replace(usual, route=(replace(usual.route[0], provider=provider, max_output_tokens=LONGEST),))


def test_every_fault_is_in_the_table() -> None:
    assert set(TABLE) == set(FAULTS)


@pytest.mark.parametrize(("name", "when", "ends"), ROWS)
async def test_fault(fake: FakeProvider, kind: str, name: str, when: str, ends: Ends) -> None:
    fake.scripts.default = script(name, when)
    result = await driven(task(fake, kind))
    calls = fake.ledger.calls
    assert code_of(result) == ends.code
    assert len(calls) == len(result.closed) == ends.calls
    for call, closed, shown in zip(calls, result.closed, shown_texts(result), strict=True):
        sent = storable(call.text)
        # A RST may overtake what was sent before it, and a byte a second has not all been sent.
        assert sent.startswith(shown) if name in ("reset", "byte_a_second") else shown == sent
        assert_usage(closed, call, shown, ends.usage)
    if isinstance(result.end, Answered):
        assert calls[-1].completed
        assert result.end.text == result.text


@pytest.mark.parametrize(("name", "when", "ends"), PASSING)
async def test_passing_fault_is_followed_by_the_whole_answer(
    fake: FakeProvider, kind: str, name: str, when: str, ends: Ends
) -> None:
    fake.scripts.push(script(name, when), Script(text="fine"))
    result = await driven(task(fake, kind))
    assert result.end == Answered(text="fine")
    assert result.text == "fine"
    assert [closed.usage.estimated for closed in result.closed] == [ends.usage == "estimated", False]


async def test_refused_connection(fake: FakeProvider, kind: str) -> None:
    async with fake.away():
        result = await driven(task(fake, kind))
    assert code_of(result) == "provider_unavailable"
    assert [closed.usage for closed in result.closed] == [Usage(), Usage()]
    assert fake.ledger.calls == []


def code_of(result: Driven) -> str:
    assert isinstance(result.end, Answered | Failed)
    return result.end.code if isinstance(result.end, Failed) else ""


def shown_texts(result: Driven) -> list[str]:
    """What a reader saw of each call."""
    texts: list[str] = []
    for event in result.events:
        if isinstance(event, CallStarting):
            texts.append("")
        elif isinstance(event, TextDelta):
            texts[-1] += event.text
    return texts


def assert_usage(closed: CallClosed, call: Call, shown: str, kind: str) -> None:
    if kind == "none":
        assert closed.usage == Usage()
        assert closed.cost_usd == 0
    elif kind == "billed":
        assert closed.usage == bill(call)
    else:
        assert closed.usage.estimated
        assert closed.usage.input_tokens > 0
        assert bool(closed.usage.output_tokens) is bool(shown)


def bill(call: Call) -> Usage:
    return Usage(
        input_tokens=call.input_tokens - call.cached_tokens - call.cache_write_tokens,
        cache_read_tokens=call.cached_tokens,
        cache_write_tokens=call.cache_write_tokens,
        output_tokens=call.output_tokens,
    )
