"""What the engine relies on in every adapter, as tests. For test suites only: it imports pytest.

class TestAcme(ProviderContract):
    def provider(self, fake: FakeProvider) -> Provider:
        return AcmeProvider(base_url=fake.openai_url, api_key=KEY)
"""

# ruff: noqa: S101  # a test that is shipped, and the key that it looks for

from __future__ import annotations

import asyncio
import traceback
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from ai.errors import (
    BadCall,
    ConnectionFailed,
    GarbledStream,
    KeyRejected,
    Overloaded,
    ProviderError,
    RateLimited,
    ServerFailed,
    StreamCut,
)
from ai.providers.base import Provider
from ai.providers.fake import Call, FakeProvider, Script, fault
from ai.types import (
    Capability,
    Completed,
    Message,
    ModelSpec,
    ProviderCall,
    ProviderSpec,
    StopReason,
    TextDelta,
    Usage,
)

KEY = "sk-contract-5d1c0a"
QUESTION = "a secret question, long enough to be cached in part"
TEXT = "Größe, 👩‍👩‍👧‍👦 and 𠜎: e\u0301tude\n\u2028 \x85 end"
CLOSE_SECONDS = 2.0

TURNED_DOWN = {
    "rate_limit": RateLimited,
    "server_error": ServerFailed,
    "overloaded": Overloaded,
    "bad_key": KeyRejected,
    "bad_request": BadCall,
    "bad_gateway_page": ServerFailed,
    "gateway_timeout_page": ServerFailed,
}
BROKEN: dict[str, tuple[type[ProviderError], ...]] = {
    "cut": (StreamCut,),
    "unfinished": (StreamCut,),
    "drop": (StreamCut, ConnectionFailed),
    "vanish": (StreamCut, ConnectionFailed),
    "reset": (StreamCut, ConnectionFailed),
    "garbage": (GarbledStream,),
    "page_with_200": (StreamCut, GarbledStream),
    "error_with_200": (StreamCut, GarbledStream, ServerFailed),
    "overload_event": (Overloaded,),
    "error_event": (ServerFailed,),
}
STOPS = {
    "max_tokens": {StopReason.MAX_TOKENS},
    "context_window": {StopReason.MAX_TOKENS},
    "refusal": {StopReason.REFUSAL},
    "paused": {StopReason.PAUSED, StopReason.OTHER},
    "unknown_stop": {StopReason.OTHER},
}
WHOLE = ("split_characters", "gzip", "whole_at_once", "ended_by_close", "wrong_content_type", "ended_twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    text: str
    completed: Completed | None
    error: ProviderError | None
    calls: Sequence[Call]


class ProviderContract(ABC):
    @abstractmethod
    def provider(self, fake: FakeProvider) -> Provider:
        """Your adapter: it calls the fake, with KEY."""

    def fake(self) -> FakeProvider:
        """Speaks OpenAI's protocol and Anthropic's; with a dialect of your own, yours."""
        return FakeProvider()

    def call(self) -> ProviderCall:
        place = ProviderSpec(name="contract", kind="contract", base_url=None, api_key_setting=None)
        model = ModelSpec(
            name="small",
            provider=place,
            context_window=8192,
            max_output_tokens=1000,
            capabilities=frozenset({Capability.STREAM_USAGE}),
        )
        messages = [Message(role="system", content="Be short."), Message(role="user", content=QUESTION)]
        return ProviderCall(model=model, messages=messages, max_tokens=50, content_idle_s=30.0)

    def test_text_is_exact_and_the_end_comes_last(self) -> None:
        reading = self._read(Script(text=TEXT, chunk_chars=3))
        assert reading.text == TEXT
        assert reading.completed is not None
        assert reading.completed.stop_reason is StopReason.END

    @pytest.mark.parametrize("name", WHOLE)
    def test_odd_but_whole_answer_is_an_answer(self, name: str) -> None:
        reading = self._read(fault(name, base=Script(text=TEXT, chunk_chars=3)))
        assert (reading.text, reading.error) == (TEXT, None)

    def test_text_behind_the_end_is_no_text(self) -> None:
        assert self._read(fault("text_after_end", base=Script(text=TEXT))).text == TEXT

    def test_usage_is_the_bill_and_keeps_cached_tokens_apart(self) -> None:
        reading = self._read(fault("cached_input", base=Script(text=TEXT)))
        [call] = reading.calls
        assert reading.completed is not None
        assert reading.completed.usage == Usage(
            input_tokens=call.input_tokens - call.cached_tokens - call.cache_write_tokens,
            cache_read_tokens=call.cached_tokens,
            cache_write_tokens=call.cache_write_tokens,
            output_tokens=call.output_tokens,
        )

    @pytest.mark.parametrize("name", ["no_usage", "negative_usage", "huge_usage", "usage_in_words", "null_usage"])
    def test_figures_that_are_missing_or_cannot_be_are_none(self, name: str) -> None:
        reading = self._read(fault(name, base=Script(text=TEXT)))
        assert reading.text == TEXT
        assert reading.completed is not None
        assert reading.completed.usage is None

    @pytest.mark.parametrize("name", STOPS)
    def test_only_a_whole_answer_ends_well(self, name: str) -> None:
        reading = self._read(fault(name, base=Script(text=TEXT)))
        assert reading.completed is not None
        assert reading.completed.stop_reason in STOPS[name]

    @pytest.mark.parametrize("name", TURNED_DOWN)
    def test_call_that_was_turned_down_was_not_served(self, name: str) -> None:
        reading = self._read(fault(name))
        assert type(reading.error) is TURNED_DOWN[name]
        assert not reading.error.served

    def test_wait_is_what_the_provider_asked_for(self) -> None:
        error = self._read(fault("rate_limit_with_wait")).error
        assert error is not None
        assert error.retry_after == 3.0

    @pytest.mark.parametrize("after_chunks", [0, 2])
    @pytest.mark.parametrize("name", BROKEN)
    def test_broken_stream_never_completes(self, name: str, after_chunks: int) -> None:
        reading = self._read(fault(name, base=Script(text=TEXT, chunk_chars=3), after_chunks=after_chunks))
        assert reading.completed is None
        assert isinstance(reading.error, BROKEN[name])
        assert reading.error.served

    def test_unreachable_provider_was_not_served(self) -> None:
        async def unreachable() -> Reading:
            async with self._begun() as (fake, provider), fake.away():
                return await _reading(fake, provider, self.call())

        error = asyncio.run(unreachable()).error
        assert isinstance(error, ConnectionFailed)
        assert not error.served

    @pytest.mark.parametrize("name", ["server_error", "rate_limit", "cut", "vanish"])
    def test_nothing_is_retried(self, name: str) -> None:
        assert len(self._read(fault(name)).calls) == 1

    def test_closing_the_stream_closes_the_socket(self) -> None:
        async def left() -> None:
            async with self._begun(Script(text="abc", ending="hang")) as (fake, provider):
                stream = provider.stream(self.call())
                assert isinstance(await anext(stream), TextDelta)
                await stream.aclose()
                async with asyncio.timeout(CLOSE_SECONDS):
                    while fake.ledger.calls[0].outcome != "disconnected":  # noqa: ASYNC110  # the ledger tells nobody
                        await asyncio.sleep(0.005)

        asyncio.run(left())

    @pytest.mark.parametrize("name", ["bad_request", "bad_key", "error_event", "cut"])
    def test_failures_hold_neither_key_nor_question_nor_the_providers_words(self, name: str) -> None:
        error = self._read(fault(name)).error
        assert error is not None
        told = "".join(traceback.format_exception(error)) + repr(error)
        assert not [word for word in (KEY, QUESTION, "scripted") if word in told]

    def test_key_is_in_no_repr(self) -> None:
        async def told() -> str:
            async with self._begun() as (_fake, provider):
                return f"{provider!r} {provider}"

        assert KEY not in asyncio.run(told())

    def _read(self, script: Script) -> Reading:
        async def read() -> Reading:
            async with self._begun(script) as (fake, provider):
                return await _reading(fake, provider, self.call())

        return asyncio.run(read())

    @asynccontextmanager
    async def _begun(self, *scripts: Script) -> AsyncIterator[tuple[FakeProvider, Provider]]:
        async with self.fake() as fake:
            fake.scripts.push(*scripts)
            provider = self.provider(fake)
            try:
                yield fake, provider
            finally:
                await provider.aclose()


async def _reading(fake: FakeProvider, provider: Provider, call: ProviderCall) -> Reading:
    text, completed, error = "", None, None
    try:
        async for event in provider.stream(call):
            assert completed is None, "nothing follows the end"
            if isinstance(event, Completed):
                completed = event
            else:
                text += event.text
    except ProviderError as failure:
        error = failure
    return Reading(text=text, completed=completed, error=error, calls=fake.ledger.calls)
