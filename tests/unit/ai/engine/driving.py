"""A job against the fake provider, and what the engine said about it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ai.engine import CallClosed, CallStarting, Event, Job, Stop, drive
from ai.providers.fake import FakeProvider
from ai.types import Capability, Message, ModelPrice, ModelSpec, ProviderSpec, TextDelta

PRICE = ModelPrice(input=Decimal(1), output=Decimal(2), cache_read=Decimal("0.1"), cache_write=Decimal(1))


def model(fake: FakeProvider, name: str = "small") -> ModelSpec:
    return ModelSpec(
        name=name,
        provider=ProviderSpec(name="fake", kind="openai", base_url=fake.openai_url, api_key_setting=None),
        context_window=8192,
        max_output_tokens=1000,
        capabilities=frozenset({Capability.TEMPERATURE, Capability.JSON_SCHEMA, Capability.STREAM_USAGE}),
        prices=(PRICE,),
    )


def job(fake: FakeProvider, *names: str, **changes: Any) -> Job:
    usual = Job(
        reference=uuid.uuid4(),
        messages=(Message(role="system", content="Be short."), Message(role="user", content="What is due?")),
        max_tokens=100,
        temperature=0.1,
        schema=None,
        route=tuple(model(fake, name) for name in names or ("small",)),
        cut="reset",
        deadline_s=10.0,
        calls_left=6,
        stop=Stop(),
    )
    return replace(usual, **changes)


@dataclass
class Driven:
    events: list[Event]

    @property
    def text(self) -> str:
        """Of the last call."""
        text = ""
        for event in self.events:
            if isinstance(event, CallStarting):
                text = ""
            elif isinstance(event, TextDelta):
                text += event.text
        return text

    @property
    def calls(self) -> list[tuple[str, str]]:
        return [(event.model.name, event.reason) for event in self.events if isinstance(event, CallStarting)]

    @property
    def closed(self) -> list[CallClosed]:
        return [event for event in self.events if isinstance(event, CallClosed)]

    @property
    def outcomes(self) -> list[str]:
        return [event.outcome for event in self.closed]

    @property
    def end(self) -> Event:
        return self.events[-1]


async def driven(task: Job, on_event: Callable[[Event], None] | None = None) -> Driven:
    events: list[Event] = []
    async with aclosing(drive(task)) as stream:
        async for event in stream:
            events.append(event)
            if on_event is not None:
                on_event(event)
    return Driven(events)
