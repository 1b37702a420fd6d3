"""Drives one request's calls: a generator of typed events, resumed when the runner has done its part of each.

In order: for each call CallStarting, its text, CallClosed; last one of Answered, Failed, PutBack, Stopped. The provider
hears nothing before the generator is resumed after CallStarting.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Literal
from uuid import UUID

from django.conf import settings

from ai.call import Call
from ai.patience import DeadlinePassed, Patience, Pulled, Stop
from ai.pricing import cost_of
from ai.resilience import Decision, Facts, GiveUp, NextModel, PutBackFor, Retry, decide
from ai.types import JSON, Capability, Message, ModelSpec, ProviderCall, TextDelta, Usage

__all__ = ["Answered", "CallClosed", "CallStarting", "Event", "Failed", "Job", "PutBack", "Stop", "Stopped", "drive"]

Reason = Literal["first", "retry", "fallback"]

MESSAGES = {
    "provider_unavailable": "No model could be reached, or none had room for this request.",
    "provider_rejected": "The model's provider rejected the request.",
    "deadline_exceeded": "The answer took longer than this request may take.",
    "output_invalid": "The model's answer did not have the required form.",
    "refused": "The model refused to answer.",
    "incomplete": "The answer was cut short.",
    "context_exceeded": "The input does not fit into the model's window.",
    "internal_error": "Something went wrong on our side.",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One claim's work. ``route`` is in order and never empty; all calls share ``deadline_s`` and ``calls_left``."""

    reference: UUID
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None
    schema: JSON | None
    route: tuple[ModelSpec, ...]
    cut: Literal["reset", "incomplete"]
    deadline_s: float
    calls_left: int
    stop: Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarting:
    model: ModelSpec
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CallClosed:
    """``outcome`` is "done", an error code, or the reason why the job was stopped."""

    model: ModelSpec
    outcome: str
    usage: Usage
    cost_usd: Decimal | None
    price: JSON | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    after_s: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    reason: str


Event = CallStarting | TextDelta | CallClosed | Answered | Failed | PutBack | Stopped


async def drive(job: Job) -> AsyncGenerator[Event, None]:
    run = _Run(job)
    while run.ending is None:
        yield CallStarting(model=run.model, reason=run.reason)
        call = run.next_call()
        async with aclosing(call.run()) as deltas:
            async for delta in deltas:
                yield delta
        yield run.closed(call)
        await run.move_on(call)
    yield run.ending


class _Run:
    """Where a job stands between its calls."""

    def __init__(self, job: Job) -> None:
        self.reason: Reason = "first"
        self.ending: Event | None = None
        self._job = job
        self._patience = Patience(deadline_s=job.deadline_s, stop=job.stop)
        self._position = 0
        self._calls_of_model = 0
        self._calls_left = job.calls_left
        self._retryable_before = False
        if job.stop.reason is not None:
            self.ending = Stopped(reason=job.stop.reason)
        elif job.deadline_s <= 0:
            self.ending = _failed("deadline_exceeded")
        elif job.calls_left < 1:
            self.ending = _failed("provider_unavailable")

    @property
    def model(self) -> ModelSpec:
        return self._job.route[self._position]

    def next_call(self) -> Call:
        self._calls_of_model += 1
        self._calls_left -= 1
        job, can = self._job, self.model.capabilities
        request = ProviderCall(
            model=self.model,
            messages=job.messages,
            max_tokens=min(job.max_tokens, self.model.max_output_tokens),
            temperature=job.temperature if Capability.TEMPERATURE in can else None,
            schema=job.schema if Capability.JSON_SCHEMA in can else None,
            content_idle_s=settings.LINTEL_CONTENT_IDLE_SECONDS,
        )
        return Call(request, schema=job.schema, patience=self._patience)

    def closed(self, call: Call) -> CallClosed:
        usage = call.usage()
        cost = cost_of(usage, self.model)
        log.info("Call of %s for %s ended: %s.", self.model.name, self._job.reference, call.outcome)
        return CallClosed(
            model=self.model,
            outcome=call.outcome,
            usage=usage,
            cost_usd=cost.usd if cost else None,
            price=cost.price if cost else None,
        )

    async def move_on(self, call: Call) -> None:
        """Set the ending, or stand before the next call."""
        if call.stopped:
            self.ending = Stopped(reason=call.outcome)
        elif call.outcome == "done":
            self.ending = Answered(text=call.text)
        elif call.error is None and call.outcome != "output_invalid":
            self.ending = _failed(call.outcome)
        else:
            await self._obey(decide(self._facts(call), jitter=random.random()), call)  # noqa: S311

    async def _obey(self, decision: Decision, call: Call) -> None:
        match decision:
            case GiveUp(code=code):
                self.ending = _failed(code)
            case PutBackFor(after_s=after_s):
                self.ending = PutBack(after_s=after_s, reason=call.outcome)
            case NextModel():
                self.reason = "fallback"
                self._retryable_before |= call.error is not None and call.error.retryable
                self._position += 1
                self._calls_of_model = 0
            case Retry(after_s=after_s):
                self.reason = "retry"
                await self._pause(after_s)

    async def _pause(self, seconds: float) -> None:
        try:
            await self._patience.wait(partial(asyncio.sleep, seconds))
        except Pulled as pulled:
            self.ending = Stopped(reason=pulled.reason)
        except DeadlinePassed:
            self.ending = _failed("deadline_exceeded")

    def _facts(self, call: Call) -> Facts:
        error = call.error
        return Facts(
            code=call.outcome,
            retryable=error is None or error.retryable,
            only_this_model=error is None,
            # An answer in another form needs no pause.
            retry_after=0.0 if error is None else error.retry_after,
            retryable_before=self._retryable_before,
            calls_of_model=self._calls_of_model,
            has_next_model=self._position + 1 < len(self._job.route),
            calls_left=self._calls_left,
            seconds_left=self._patience.seconds_left,
            text_shown=bool(call.text),
            cut=self._job.cut,
        )


def _failed(code: str) -> Failed:
    return Failed(code=code, message=MESSAGES[code])
