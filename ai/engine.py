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
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from opentelemetry.trace import Span

from ai.call import Call
from ai.errors import ContextExceeded, ProviderError
from ai.failures import FAILURES
from ai.patience import DeadlinePassed, Patience, Pulled, Stop
from ai.pricing import cost_of
from ai.reask import corrected
from ai.resilience import Decision, Facts, GiveUp, NextModel, PutBackFor, Reask, Retry, decide, when_cooling
from ai.tokens import answer_limit, estimate_messages
from ai.tracing import begin_call, end_call
from ai.traffic import OPEN_ROAD, Chosen, Cooling, PassedOver, Traffic
from ai.types import JSON, Capability, Message, ModelSpec, ProviderCall, TextDelta, Usage

__all__ = [
    "Answered",
    "CallClosed",
    "CallStarting",
    "Event",
    "Failed",
    "Job",
    "PutBack",
    "Stop",
    "Stopped",
    "drive",
    "failed",
]

Reason = Literal["first", "retry", "fallback", "reask"]

UNFIT = ("output_invalid", "empty")

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
    traffic: Traffic = OPEN_ROAD
    reasked: bool = False
    """An earlier claim has asked again already; nobody does so twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarting:
    """The next call, as it will be made: about ``input_tokens`` in, at most ``output_tokens`` out.

    ``passed`` are the models that stand between it and the last one called, or the beginning.
    """

    model: ModelSpec
    reason: Reason
    input_tokens: int
    output_tokens: int
    passed: tuple[PassedOver, ...] = ()


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
    """``value`` is what the text holds where the job has a schema; ``repaired``: it was no JSON and was mended."""

    text: str
    value: Any = None
    repaired: bool = False


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
    try:
        while (ending := await run.ended()) is None:
            yield run.starting()
            call = run.next_call()
            span = begin_call(call.request, reason=run.reason)
            async with aclosing(call.run()) as deltas:
                async for delta in deltas:
                    yield delta
            yield run.closed(call, span)
            await run.move_on(call)
        yield ending
    finally:
        run.give_back_probe()


class _Run:
    """Where a job stands between its calls."""

    def __init__(self, job: Job) -> None:
        self.reason: Reason = "first"
        self.ending: Event | None = None
        self._job = job
        self._messages = job.messages
        self._unfit = ""
        self._asking_again = False
        self._patience = Patience(deadline_s=job.deadline_s, stop=job.stop)
        self._position = 0
        self._probe = False
        self._passed: tuple[PassedOver, ...] = ()
        self._calls_of_model = 0
        self._calls_left = job.calls_left
        self._retryable_before = False
        if job.stop.reason is not None:
            self.ending = Stopped(reason=job.stop.reason)
        elif job.deadline_s <= 0:
            self.ending = failed("deadline_exceeded")
        elif job.calls_left < 1:
            self.ending = failed("provider_unavailable")

    @property
    def model(self) -> ModelSpec:
        return self._job.route[self._position]

    async def ended(self) -> Event | None:
        """How the job ends; None once it stands before the first model from here on that may be called now."""
        if self.ending is not None:
            return self.ending
        remaining = self._job.route[self._position :]
        tokens = self._job.max_tokens + estimate_messages(self._messages, self.model)
        match await self._job.traffic.choose(remaining, tokens=tokens):
            case Chosen(index=index, probe=probe, passed=passed):
                self._probe = probe
                self._passed += passed
                if index:
                    self._fall_back(self._position + index)
            case Cooling(seconds=seconds):
                self.ending = self._cooling(seconds)
        return self.ending

    def give_back_probe(self) -> None:
        """Whoever drives may leave before a call or in it: no room in a budget, a request that was taken away."""
        if self._probe:
            self._tell(None, answered=False)

    def _tell(self, error: ProviderError | None, *, answered: bool) -> None:
        probe, self._probe = self._probe, False
        self._job.traffic.report(self.model, error, answered=answered, probe=probe)

    def _cooling(self, seconds: float) -> Event:
        """A model that failed a moment ago may be called sooner than those that are left."""
        decision = when_cooling(
            seconds if self._position == 0 else 0.0,
            seconds_left=self._patience.seconds_left,
            jitter=random.random(),  # noqa: S311
        )
        if isinstance(decision, GiveUp):
            return failed(decision.code)
        return PutBack(after_s=decision.after_s, reason="cooling")

    def _others(self, call: Call) -> list[int]:
        """Positions of the models that may still answer: of an input that was too long, those with a larger window."""
        least = self.model.context_window + 1 if isinstance(call.error, ContextExceeded) else 0
        route = self._job.route
        return [at for at in range(self._position + 1, len(route)) if route[at].context_window >= least]

    def _pass_to(self, position: int) -> None:
        """Those between are too small for an input that has just been too long for this one."""
        small = self._job.route[self._position + 1 : position]
        self._passed = tuple(PassedOver(model=spec.name, why="context_exceeded", seconds=None) for spec in small)
        self._fall_back(position)

    def _fall_back(self, position: int) -> None:
        self.reason = "fallback"
        self._position = position
        self._calls_of_model = 0
        self._messages = self._job.messages
        self._asking_again = False

    def starting(self) -> CallStarting:
        return CallStarting(
            model=self.model,
            reason=self.reason,
            input_tokens=estimate_messages(self._messages, self.model),
            output_tokens=answer_limit(self._job.max_tokens, self._messages, self.model),
            passed=self._passed,
        )

    def next_call(self) -> Call:
        self._calls_of_model += 1
        self._calls_left -= 1
        self._passed = ()
        job, can = self._job, self.model.capabilities
        request = ProviderCall(
            model=self.model,
            messages=self._messages,
            max_tokens=answer_limit(job.max_tokens, self._messages, self.model),
            temperature=job.temperature if Capability.TEMPERATURE in can else None,
            schema=job.schema if Capability.JSON_SCHEMA in can else None,
            content_idle_s=settings.LINTEL_CONTENT_IDLE_SECONDS,
        )
        return Call(request, schema=job.schema, patience=self._patience)

    def closed(self, call: Call, span: Span) -> CallClosed:
        usage = call.usage()
        cost = cost_of(usage, self.model)
        cost_usd = cost.usd if cost else None
        log.info("Call of %s for %s ended: %s.", self.model.name, self._job.reference, call.outcome)
        end_call(span, call, usage=usage, cost_usd=cost_usd)
        return CallClosed(
            model=self.model,
            outcome=call.outcome,
            usage=usage,
            cost_usd=cost_usd,
            price=cost.price if cost else None,
        )

    async def move_on(self, call: Call) -> None:
        """Set the ending, or stand before the next call."""
        self._tell(call.error, answered=call.completed is not None)
        if call.stopped:
            self.ending = Stopped(reason=call.outcome)
        elif call.outcome == "done":
            self.ending = _answered(call)
        elif call.error is None and call.outcome not in UNFIT:
            self.ending = failed(call.outcome)
        else:
            await self._obey(decide(self._facts(call), jitter=random.random()), call)  # noqa: S311

    async def _obey(self, decision: Decision, call: Call) -> None:
        match decision:
            case GiveUp(code=code):
                self.ending = failed(code)
            case PutBackFor(after_s=after_s):
                self.ending = PutBack(after_s=after_s, reason=call.outcome)
            case NextModel():
                self._retryable_before |= call.error is not None and call.error.retryable
                self._pass_to(min(self._others(call)))
            case Reask():
                self.reason = "reask"
                self._unfit = call.outcome
                self._calls_of_model = 0
                self._messages = self._second_question(call)
                self._asking_again = True
            case Retry(after_s=after_s):
                self.reason = "retry"
                await self._pause(after_s)

    def _second_question(self, call: Call) -> tuple[Message, ...]:
        job = self._job
        return corrected(
            job.messages,
            answer=call.text,
            flaws=call.unfit,
            schema=job.schema,
            model=self.model,
            max_tokens=job.max_tokens,
        )

    async def _pause(self, seconds: float) -> None:
        try:
            await self._patience.wait(partial(asyncio.sleep, seconds))
        except Pulled as pulled:
            self.ending = Stopped(reason=pulled.reason)
        except DeadlinePassed:
            self.ending = failed("deadline_exceeded")

    def _facts(self, call: Call) -> Facts:
        error = call.error
        return Facts(
            code=self._code(call),
            retryable=error is not None and error.retryable,
            unfit=error is None,
            reasked=bool(self._unfit) or self._job.reasked,
            retry_after=None if error is None else error.retry_after,
            retryable_before=self._retryable_before,
            calls_of_model=self._calls_of_model,
            has_next_model=bool(self._others(call)),
            calls_left=self._calls_left,
            seconds_left=self._patience.seconds_left,
            text_shown=bool(call.text),
            cut=self._job.cut,
        )

    def _code(self, call: Call) -> str:
        """A provider that turns the re-ask down says nothing of the request, whose answer was unfit."""
        turned_down = self._asking_again and call.error is not None and not call.error.retryable
        return self._unfit if turned_down else call.outcome


def _answered(call: Call) -> Answered:
    if call.extracted is None:
        return Answered(text=call.text)
    return Answered(text=call.text, value=call.extracted.value, repaired=call.extracted.repaired)


def failed(code: str) -> Failed:
    return Failed(code=code, message=str(FAILURES[code]))
