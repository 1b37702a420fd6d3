"""Requests whose first models fail: a route for each, of models that no other test knows, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from accounts.models import User
from ai.errors import ProviderError
from ai.models import LLMModel, LLMProvider, LLMUsageLog, ModelRoute
from ai.providers.fake import Call, FakeProvider
from ai.traffic import SharedTraffic
from ai.types import ModelSpec
from requests_app.intake import Submission, accept
from requests_app.models import AIAttempt, AIRequest
from requests_app.testing import InlineWorker

PROMPT = "document_summary"
RATES = ("input", "output", "cache_read", "cache_write")
THREADS = 8
LONG_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """``rates`` are USD per million tokens, in the order of RATES; None: nobody knows them."""

    name: str
    kind: str
    url: str
    rates: tuple[str, str, str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A request after its end: its calls in order, what each of them cost, and what the provider saw of them."""

    request: AIRequest
    attempts: list[AIAttempt]
    bill: list[LLMUsageLog]
    seen: list[Call]


class Watched(SharedTraffic):
    """Keeps the class of each call's error by model; "" where it ended without one."""

    errors: dict[str, set[str]]

    def report(self, model: ModelSpec, error: ProviderError | None, *, answered: bool, probe: bool) -> None:
        self.errors.setdefault(model.name, set()).add(type(error).__name__ if error else "")
        super().report(model, error, answered=answered, probe=probe)


@contextmanager
def catalogue_of(models: dict[str, Vendor], *, windows: dict[str, int]) -> Iterator[None]:
    """The tables with these models besides; a window that is not told is that of all others."""
    vendors = {vendor.name: vendor for vendor in models.values()}
    LLMProvider.objects.bulk_create(
        LLMProvider(name=each.name, kind=each.kind, base_url=each.url) for each in vendors.values()
    )
    LLMModel.objects.bulk_create(_row(name, vendor, windows.get(name, 8192)) for name, vendor in models.items())
    try:
        yield
    finally:
        ModelRoute.objects.filter(action=PROMPT).delete()
        LLMModel.objects.filter(name__in=models).delete()
        LLMProvider.objects.filter(name__in=vendors).delete()


def _row(name: str, vendor: Vendor, window: int) -> LLMModel:
    return LLMModel(
        name=name,
        provider_id=vendor.name,
        context_window=window,
        max_output_tokens=1000,
        capabilities=["stream_usage"],
        prices=[dict(zip(RATES, vendor.rates, strict=True))] if vendor.rates else [],
        unpriced=vendor.rates is None,
    )


def accepted(user: User, text: str, route: Sequence[str]) -> AIRequest:
    """As the route is when it is accepted; an edit for the next one changes nothing about it."""
    ModelRoute.objects.update_or_create(
        action=PROMPT, quality_level=None, priority=None, defaults={"tiers": [{name: 1} for name in route]}
    )
    return accept(user, Submission(prompt_key=PROMPT, payload={"document": text}, deadline_s=LONG_S)).request


def finish_all(worker: InlineWorker, requests: Sequence[AIRequest], *, threads: int = THREADS) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(partial(worker.finish, within_s=LONG_S), requests))


def ended(request: AIRequest, fake: FakeProvider) -> Ended:
    text = request.payload["document"]
    return Ended(
        request=AIRequest.objects.get(pk=request.pk),
        attempts=list(AIAttempt.objects.filter(request=request).order_by("number")),
        bill=list(LLMUsageLog.objects.filter(reference=request.pk).order_by("attempt")),
        seen=[call for call in fake.ledger.calls if text in call.question],
    )


def price_of(record: LLMUsageLog, rates: tuple[str, str, str, str] | None) -> Decimal | None:
    """By hand: what was used of each kind at the model's own rates. What used nothing cost nothing."""
    used = (record.input_tokens, record.output_tokens, record.cache_read_tokens, record.cache_write_tokens)
    if not any(used):
        return Decimal(0)
    if rates is None:
        return None
    return sum((tokens * Decimal(rate) for tokens, rate in zip(used, rates, strict=True)), Decimal(0)) / 1_000_000
