"""What all adapters share: one streamed call, from the raw bytes of its response to our events."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, Protocol

import httpx2

from ai.errors import GarbledStream, ProviderError, StreamCut
from ai.providers.connections import drain
from ai.providers.events import EventData
from ai.types import Completed, ProviderCall, StopReason, TextDelta, Usage

LARGEST_COUNT = 2**31  # of tokens; what is more, or less than none, is no figure


class RawResponse(Protocol):
    """An SDK's response before it parses anything."""

    @property
    def http_response(self) -> httpx2.Response: ...


class Answer(ABC):
    """What the events of one stream have said so far. ``ended`` once the protocol's own last event was seen."""

    def __init__(self) -> None:
        self.ended = False
        self.stop: StopReason | None = None
        self._events = EventData()

    def take(self, received: bytes) -> Iterator[str]:
        """Note the events that end in these bytes, and give their texts. Nothing behind the last event counts."""
        for data in self._events.feed(received):
            if text := self._take_data(data):
                yield text
            if self.ended:
                return

    def _take_data(self, data: bytes) -> str:
        event = _parsed(data)
        try:
            return _as_text(self._take_event(event))
        except (AttributeError, KeyError, TypeError) as error:
            raise GarbledStream("the stream held an event of another shape") from error

    @abstractmethod
    def _take_event(self, event: Mapping[str, Any]) -> str:
        """Note one event and give its text, if any. Raises the ProviderError that the event stands for."""

    @abstractmethod
    def usage(self) -> Usage | None: ...

    def completed(self) -> Completed:
        if self.stop is None:
            raise StreamCut("the stream ended without a reason to stop")
        return Completed(stop_reason=self.stop, usage=self.usage())


class StreamingProvider(ABC):
    """Makes its call through the SDK and reads the events itself: half the processor time a chunk."""

    sdk_error: ClassVar[type[Exception]]

    @abstractmethod
    def request(self, call: ProviderCall) -> AbstractAsyncContextManager[RawResponse]: ...

    @abstractmethod
    def answer(self) -> Answer: ...

    @abstractmethod
    def failure(self, error: Exception) -> ProviderError:
        """What the SDK's or the transport's exception means."""

    @abstractmethod
    async def aclose(self) -> None: ...

    async def stream(self, call: ProviderCall) -> AsyncGenerator[TextDelta | Completed, None]:
        answer = self.answer()
        try:
            async with self.request(call) as response:
                body = response.http_response.aiter_bytes()
                async for received in body:
                    for text in answer.take(received):
                        yield TextDelta(text=text)
                    if answer.ended:
                        break
                await drain(body)
        except (self.sdk_error, httpx2.HTTPError) as error:
            failure = self.failure(error)
        else:
            yield answer.completed()
            return
        # Raised outside the handler, so that the SDK's words are not even its context.
        raise failure


def count(reported: object) -> int | None:
    """A number of tokens, or None where the figure cannot be one."""
    return reported if type(reported) is int and 0 <= reported < LARGEST_COUNT else None


def _as_text(told: object) -> str:
    if told is None or isinstance(told, str):
        return told or ""
    raise TypeError("the text of an event is no text")


def _parsed(data: bytes) -> dict[str, Any]:
    """json, not a faster parser: it alone takes the lone surrogates that some servers split characters into."""
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):  # the latter: nested too deep
        event = None
    if not isinstance(event, dict):
        raise GarbledStream("the stream held an event that is no JSON object")
    return event
