"""The vector of a request's own question: its calls are told as ai.engine tells those of chat models.

So whoever runs requests opens, holds for, fences and settles them as it does those. Nothing here is stored.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from django.conf import settings

from ai.engine import CallClosed, CallStarting, Failed, PutBack, Stop, Stopped, failed
from ai.errors import ProviderError
from ai.patience import DeadlinePassed, Patience, Pulled
from ai.pricing import cost_of
from ai.providers.base import Embedder
from ai.rag.store import Vector
from ai.resilience import Decision, Facts, GiveUp, PutBackFor, Retry, decide, when_cooling
from ai.traffic import Cooling, Traffic
from ai.types import EmbeddingModel, Usage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """``text`` fits the model, which counts ``tokens`` of it. All calls share ``deadline_s`` and ``calls_left``."""

    text: str
    tokens: int
    model: EmbeddingModel
    embedder: Embedder
    deadline_s: float
    calls_left: int
    stop: Stop
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Vectored:
    vector: Vector


Ending = Vectored | Failed | PutBack | Stopped


async def ask(job: Asking) -> AsyncGenerator[CallStarting | CallClosed | Ending, None]:
    """For each call CallStarting and CallClosed, and last how it ended. Nobody hears of it before it is resumed."""
    run = _Run(job)
    try:
        while (ending := await run.ended()) is None:
            yield run.starting()
            yield await run.call()
            await run.wait()
        yield ending
    finally:
        run.give_back_probe()
        await job.embedder.aclose()


class _Run:
    """Where it stands between its calls."""

    def __init__(self, job: Asking) -> None:
        self.ending: Ending | None = None if job.calls_left > 0 else failed("provider_unavailable")
        self._job = job
        self._spec = job.model.spec
        self._patience = Patience(deadline_s=job.deadline_s, stop=job.stop)
        self._reason: Literal["first", "retry"] = "first"
        self._calls = 0
        self._pause_s = 0.0
        self._probe = False

    async def ended(self) -> Ending | None:
        if self.ending is None:
            match await self._job.traffic.choose([self._spec], tokens=self._job.tokens):
                case Cooling(seconds=seconds):
                    left = self._patience.seconds_left
                    self._obey(when_cooling(seconds, seconds_left=left, jitter=random.random()))  # noqa: S311
                case chosen:
                    self._probe = chosen.probe
        return self.ending

    def give_back_probe(self) -> None:
        if self._probe:
            self._tell(None, answered=False)

    def _tell(self, error: ProviderError | None, *, answered: bool) -> None:
        probe, self._probe = self._probe, False
        self._job.traffic.report(self._spec, error, answered=answered, probe=probe)

    def starting(self) -> CallStarting:
        return CallStarting(model=self._spec, reason=self._reason, input_tokens=self._job.tokens, output_tokens=0)

    async def call(self) -> CallClosed:
        self._calls += 1
        outcome, used, error = "internal_error", Usage(input_tokens=self._job.tokens, estimated=True), None
        try:
            embed = partial(self._job.embedder.embed, [self._job.text], self._job.model)
            found = await self._patience.wait(embed, until=self._until())
        except Pulled as pulled:
            outcome, self.ending = pulled.reason, Stopped(reason=pulled.reason)
        except DeadlinePassed:
            outcome, self.ending = "deadline_exceeded", failed("deadline_exceeded")
        except ProviderError as problem:
            outcome, error, used = problem.code, problem, used if problem.served else Usage()
            self._obey(decide(self._facts(problem), jitter=random.random()))  # noqa: S311
        except Exception:  # a bug of ours or of an adapter: the call still gets its one closing
            log.exception("A question could not be embedded by %s.", self._spec.name)
            self.ending = failed(outcome)
        else:
            [vector] = found.vectors
            outcome, self.ending = "done", Vectored(vector)
            used = used if found.tokens is None else Usage(input_tokens=found.tokens)
        self._tell(error, answered=outcome == "done")
        return self._closed(outcome, used)

    def _until(self) -> float:
        return asyncio.get_running_loop().time() + settings.LINTEL_EMBEDDING_SECONDS

    def _facts(self, error: ProviderError) -> Facts:
        return Facts(
            code=error.code,
            retryable=error.retryable,
            retry_after=error.retry_after,
            calls_of_model=self._calls,
            has_next_model=False,
            calls_left=self._job.calls_left - self._calls,
            seconds_left=self._patience.seconds_left,
            text_shown=False,
            cut="reset",
        )

    def _obey(self, decision: Decision) -> None:
        match decision:
            case Retry(after_s=after_s):
                self._reason, self._pause_s = "retry", after_s
            case PutBackFor(after_s=after_s):
                self.ending = PutBack(after_s=after_s, reason="cooling")
            case GiveUp(code=code):
                self.ending = failed(code)

    async def wait(self) -> None:
        """Before a further call, if there is one."""
        if self.ending is not None:
            return
        try:
            await self._patience.wait(partial(asyncio.sleep, self._pause_s))
        except Pulled as pulled:
            self.ending = Stopped(reason=pulled.reason)
        except DeadlinePassed:
            self.ending = failed("deadline_exceeded")

    def _closed(self, outcome: str, used: Usage) -> CallClosed:
        cost = cost_of(used, self._spec)
        return CallClosed(
            model=self._spec,
            outcome=outcome,
            usage=used,
            cost_usd=cost.usd if cost else None,
            price=cost.price if cost else None,
        )
