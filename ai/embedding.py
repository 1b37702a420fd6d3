"""Vectors for texts, outside of requests: every call held for before and settled after, as all calls of models are."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from django.conf import settings
from django.db import connection, transaction

from ai.embedding_limits import spec_with_limits
from ai.errors import CallTimedOut, EmbedderResting, NotEmbedded, ProviderError
from ai.failures import FAILURES
from ai.handlers import refuse_inside
from ai.meter import Account, Cover, meter
from ai.pricing import cost_of
from ai.providers.base import Embedder
from ai.providers.embedders import embedder_for
from ai.resilience import Facts, GiveUp, PutBackFor, Retry, decide, when_cooling
from ai.tracking import LLMUsageLog, log_usage
from ai.traffic import Chosen, SharedTraffic
from ai.types import JSON, Embedded, EmbeddingModel, Usage

MOST_TEXTS = 64
MOST_TOKENS = 50_000  # of one call; vendors take six times as many
CALLS = 2
FOR_EVER_S = 86_400.0  # whoever wants the vector knows better how long it may wait

T = TypeVar("T")
Vector = Sequence[float]

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Embedding:
    """One job's calls of an embedding model. Use it as a context, outside of transactions.

    What its meter refuses with is for whoever asked. ``bill`` has a record for each call.
    """

    model: EmbeddingModel
    account: Account
    action: str
    object_id: str = ""
    metadata: JSON = field(default_factory=dict)
    bill: list[LLMUsageLog] = field(default_factory=list)
    _attempt: int = 0
    _traffic: SharedTraffic | None = None
    """None of a model that runs here: nobody else's limits are to be kept."""

    def __enter__(self) -> Self:
        refuse_inside()
        self._embedder: Embedder = embedder_for(self.model)
        self._loop = asyncio.new_event_loop()
        self._spec = self.model.spec
        if not self.model.provider.demonstration:
            self._traffic, self._spec = SharedTraffic(settings.CACHE_URL or ""), spec_with_limits(self.model)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self._loop.run_until_complete(self._embedder.aclose())
            if self._traffic is not None:
                self._loop.run_until_complete(self._traffic.close())
            self._loop.close()
        finally:
            if self._attempt:
                meter().close(self.account)

    def count(self, texts: Sequence[str]) -> Sequence[int]:
        return self._embedder.count(texts)

    def batches(self, texts: Sequence[str]) -> Iterator[Sequence[str]]:
        """What one call takes, in their order."""
        batch: list[str] = []
        size = 0
        for text, tokens in zip(texts, self.count(texts), strict=True):
            if batch and (len(batch) == MOST_TEXTS or size + tokens > MOST_TOKENS):
                yield batch
                batch, size = [], 0
            batch.append(text)
            size += tokens
        if batch:
            yield batch

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Of one batch. Raises NotEmbedded, and what the meter refuses with."""
        reason = "first"
        for calls in range(1, CALLS + 1):
            outcome = self._call(texts, reason, probe=self._admitted(texts))
            if isinstance(outcome, Embedded):
                return outcome.vectors
            again = decide(_facts(outcome, calls), jitter=random.random())  # noqa: S311
            if not isinstance(again, Retry):
                break
            reason = "retry"
            time.sleep(again.after_s)
        raise _failed(again)

    def _admitted(self, texts: Sequence[str]) -> bool:
        """Whether the call is a breaker's probe. Raises EmbedderResting where none may be made now."""
        if self._traffic is None:
            return False
        choice = self._loop.run_until_complete(self._traffic.choose([self._spec], tokens=sum(self.count(texts))))
        if isinstance(choice, Chosen):
            return choice.probe
        put_back = when_cooling(choice.seconds, seconds_left=FOR_EVER_S, jitter=random.random())  # noqa: S311
        raise _failed(put_back, EmbedderResting)

    def _call(self, texts: Sequence[str], reason: str, *, probe: bool) -> Embedded | ProviderError:
        """Its model's breaker hears how it ended, and that a probe was not made after all."""
        outcome: Embedded | ProviderError | None = None
        try:
            outcome = self._paid(texts, reason)
            return outcome
        finally:
            self._tell(outcome, probe=probe)

    def _tell(self, outcome: Embedded | ProviderError | None, *, probe: bool) -> None:
        async def told(traffic: SharedTraffic) -> None:
            error = outcome if isinstance(outcome, ProviderError) else None
            traffic.report(self._spec, error, answered=isinstance(outcome, Embedded), probe=probe)
            await traffic.reported()

        if self._traffic is not None:
            self._loop.run_until_complete(told(self._traffic))

    def _paid(self, texts: Sequence[str], reason: str) -> Embedded | ProviderError:
        """Paid for however it ends; an interrupt pays for what was asked."""
        tokens = sum(self.count(texts))
        self._begin(tokens)
        used, outcome = Usage(input_tokens=tokens, estimated=True), "cancelled"
        try:
            found = self._wait(self._embedder.embed(texts, self.model))
        except ProviderError as error:
            used, outcome = used if error.served else Usage(), error.code
            return error
        else:
            used, outcome = used if found.tokens is None else Usage(input_tokens=found.tokens), "done"
            return found
        finally:
            self._close(used, reason=reason, outcome=outcome)

    def _wait(self, coming: Awaitable[T]) -> T:
        """No connection to the database is held meanwhile."""
        if not connection.in_atomic_block:
            connection.close()

        async def bounded() -> T:
            async with asyncio.timeout(settings.LINTEL_EMBEDDING_SECONDS):
                return await coming

        try:
            return self._loop.run_until_complete(bounded())
        except TimeoutError:
            raise CallTimedOut("the provider did not answer in time") from None

    def _begin(self, tokens: int) -> None:
        cover = Cover(model=self.model.spec, input_tokens=tokens, output_tokens=0)
        (meter().top_up if self._attempt else meter().hold)(self.account, cover)
        self._attempt += 1

    def _close(self, used: Usage, *, reason: str, outcome: str) -> None:
        cost = cost_of(used, self.model.spec)
        with transaction.atomic():
            row = log_usage(
                usage=used,
                reason=reason,
                outcome=outcome,
                reference=self.account.reference,
                attempt=self._attempt,
                subject=self.account.subject,
                scope=self.account.scope,
                object_id=self.object_id,
                metadata=self.metadata,
                prompt_key=self.action,
                prompt_version="",
                provider=self.model.provider.name,
                model=self.model.name,
                cost_usd=cost.usd if cost else None,
                price=cost.price if cost else None,
            )
            if row is not None:
                meter().settle(self.account, row)
                self.bill.append(row)


def _facts(error: ProviderError, calls: int) -> Facts:
    return Facts(
        code=error.code,
        retryable=error.retryable,
        retry_after=error.retry_after,
        calls_of_model=calls,
        has_next_model=False,
        calls_left=1,
        seconds_left=FOR_EVER_S,
        text_shown=False,
        cut="reset",
    )


def _failed(decision: object, kind: type[NotEmbedded] = NotEmbedded) -> NotEmbedded:
    match decision:
        case PutBackFor(after_s=after_s):
            return kind("provider_unavailable", str(FAILURES["provider_unavailable"]), after_s=after_s)
        case GiveUp(code=code):
            return NotEmbedded(code, str(FAILURES[code]), after_s=None)
    return NotEmbedded("internal_error", str(FAILURES["internal_error"]), after_s=None)
