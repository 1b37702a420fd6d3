"""What is announced becomes figures, and nothing of it a label that has no end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from ai.signals import CallFinished
from ai.types import Usage
from config.metrics.figures import Figures
from requests_app.signals import RequestFinished
from requests_app.sweep import Swept

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def figures(registry: CollectorRegistry) -> Figures:
    return Figures(registry)


def call(**facts: Any) -> CallFinished:
    usual: dict[str, Any] = {
        "reference": uuid4(), "attempt": 1, "subject": uuid4(), "scope": uuid4(), "prompt_key": "p",
        "prompt_version": "1", "provider": "x", "model": "m", "reason": "first", "outcome": "done",
        "usage": Usage(input_tokens=10, output_tokens=5), "cost_usd": Decimal("0.25"), "correction": False,
    }  # fmt: skip
    return CallFinished(**(usual | facts))


def finished(**facts: Any) -> RequestFinished:
    usual: dict[str, Any] = {
        "request_id": uuid4(), "user_id": uuid4(), "team_id": uuid4(), "prompt_key": "p", "prompt_version": "1",
        "lane": "bulk", "priority": "fast", "status": "done", "error_code": "", "provider": "x", "model": "m",
        "attempt": 1, "takeovers": 0, "created": NOON, "started": NOON + timedelta(seconds=2),
        "first_token": NOON + timedelta(seconds=3), "completed": NOON + timedelta(seconds=9), "usage": Usage(),
        "cost_usd": None, "reusable": False, "reused": "",
    }  # fmt: skip
    return RequestFinished(**(usual | facts))


def test_times_of_a_request(figures: Figures, registry: CollectorRegistry) -> None:
    figures.finished(finished())
    assert registry.get_sample_value("lintel_queue_wait_seconds_sum", {"lane": "bulk"}) == 2
    assert registry.get_sample_value("lintel_first_token_seconds_sum", {"prompt": "p"}) == 3
    assert registry.get_sample_value("lintel_request_seconds_sum", {"prompt": "p"}) == 9


def test_request_that_never_began_waited_for_nothing(figures: Figures, registry: CollectorRegistry) -> None:
    figures.finished(finished(status="expired", error_code="deadline_exceeded", started=None, first_token=None))
    labels = {"prompt": "p", "status": "expired", "code": "deadline_exceeded"}
    assert registry.get_sample_value("lintel_requests_finished_total", labels) == 1
    assert registry.get_sample_value("lintel_queue_wait_seconds_count", {"lane": "bulk"}) is None
    assert registry.get_sample_value("lintel_first_token_seconds_count", {"prompt": "p"}) is None


def test_hit_rate_is_of_delivered_answers(figures: Figures, registry: CollectorRegistry) -> None:
    for facts in ({}, {"reused": "fresh"}, {"reused": "fresh", "status": "rejected"}, {"status": "failed"}):
        figures.finished(finished(reusable=True, **facts))
    figures.finished(finished())
    assert registry.get_sample_value("lintel_answers_reusable_total", {"prompt": "p"}) == 2
    assert registry.get_sample_value("lintel_answers_reused_total", {"prompt": "p", "kind": "fresh"}) == 1


def test_tokens_and_dollars_of_a_call(figures: Figures, registry: CollectorRegistry) -> None:
    figures.called(call())
    figures.called(call(reason="fallback", outcome="refused"))
    place = {"prompt": "p", "model": "m"}
    assert registry.get_sample_value("lintel_tokens_total", place | {"kind": "input"}) == 20
    assert registry.get_sample_value("lintel_tokens_total", place | {"kind": "output"}) == 10
    assert registry.get_sample_value("lintel_cost_usd_total", place) == 0.5
    assert registry.get_sample_value("lintel_calls_unpriced_total", place) is None
    why = {"model": "m", "reason": "fallback", "outcome": "refused"}
    assert registry.get_sample_value("lintel_calls_total", why) == 1


def test_unknown_price_is_no_price_of_zero(figures: Figures, registry: CollectorRegistry) -> None:
    figures.called(call(cost_usd=None))
    assert registry.get_sample_value("lintel_cost_usd_total", {"prompt": "p", "model": "m"}) is None
    assert registry.get_sample_value("lintel_calls_unpriced_total", {"prompt": "p", "model": "m"}) == 1


def test_correction_moves_no_counter(figures: Figures, registry: CollectorRegistry) -> None:
    figures.called(call(correction=True, usage=Usage(input_tokens=-4), cost_usd=Decimal("-0.1")))
    assert [sample for metric in registry.collect() for sample in metric.samples] == []


def test_finds_of_a_sweep(figures: Figures, registry: CollectorRegistry) -> None:
    figures.found(Swept(taken_back=2))
    assert registry.get_sample_value("lintel_swept_total", {"kind": "taken_back"}) == 2
    assert registry.get_sample_value("lintel_swept_total", {"kind": "keys"}) is None


def test_no_label_names_a_user_or_a_request(figures: Figures, registry: CollectorRegistry) -> None:
    request, provider_call = finished(), call()
    figures.finished(request)
    figures.called(provider_call)
    shown = {value for metric in registry.collect() for sample in metric.samples for value in sample.labels.values()}
    private = {request.request_id, request.user_id, request.team_id, provider_call.reference, provider_call.subject}
    assert not shown & {str(each) for each in private}
