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

from ai.errors import CallTimedOut, NotEmbedded, ProviderError
from ai.failures import FAILURES
from ai.handlers import refuse_inside
from ai.meter import Account, Cover, meter
from ai.pricing import cost_of
from ai.providers.base import Embedder
from ai.providers.embedders import embedder_for
from ai.resilience import Facts, GiveUp, PutBackFor, Retry, decide
from ai.tracking import LLMUsageLog, log_usage
from ai.types import JSON, Embedded, EmbeddingModel, Usage

MOST_TEXTS = 64
MOST_TOKENS = 50_000  # of one call; vendors take six times as many
CALLS = 2

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

    def __enter__(self) -> Self:
        refuse_inside()
        self._embedder: Embedder = embedder_for(self.model)
        self._loop = asyncio.new_event_loop()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self._loop.run_until_complete(self._embedder.aclose())
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
            outcome = self._call(texts, reason)
            if isinstance(outcome, Embedded):
                return outcome.vectors
            again = decide(_facts(outcome, calls), jitter=random.random())  # noqa: S311
            if not isinstance(again, Retry):
                break
            reason = "retry"
            time.sleep(again.after_s)
        raise _failed(again)

    def _call(self, texts: Sequence[str], reason: str) -> Embedded | ProviderError:
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
        seconds_left=86_400.0,
        text_shown=False,
        cut="reset",
    )


def _failed(decision: object) -> NotEmbedded:
    match decision:
        case PutBackFor(after_s=after_s):
            return NotEmbedded("provider_unavailable", str(FAILURES["provider_unavailable"]), after_s=after_s)
        case GiveUp(code=code):
            return NotEmbedded(code, str(FAILURES[code]), after_s=None)
    return NotEmbedded("internal_error", str(FAILURES["internal_error"]), after_s=None)
