"""Budgets over the whole way of a request: what its calls may spend, and what they are charged."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db.models import Sum
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.models import LLMUsageLog
from ai.providers.fake import FakeProvider, Script, fake_provider, fault
from requests_app.intake import accept, cancel
from requests_app.models import AIRequest, BudgetHold, BudgetWindow, HoldState, TokenBudget
from requests_app.testing import InlineWorker, inline_worker
from tests.integration.requests_app.conftest import SUMMARY

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def dora() -> User:
    return User.objects.create_user("dora")


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDED_MODEL_URL = fake.openai_url
        yield fake


@pytest.fixture
def worker(fake: FakeProvider, dora: User) -> Iterator[InlineWorker]:
    with inline_worker() as worker:
        yield worker


def used_and_held() -> tuple[int, int]:
    window = BudgetWindow.objects.get()
    return int(window.used), int(window.held)


def recorded() -> int:
    return sum(row.tokens for row in LLMUsageLog.objects.all())


def need_of_one_call(dora: User) -> int:
    """As acceptance holds it; the request is given up again."""
    request = accept(dora, SUMMARY).request
    held = BudgetHold.objects.get(reference=request.pk).shares.aggregate(held=Sum("held"))["held"]
    cancel(request)
    return int(held)


def test_end_gives_back_what_was_not_used(worker: InlineWorker, dora: User) -> None:
    request = worker.finish(accept(dora, SUMMARY).request)
    assert request.status == "done"
    assert used_and_held() == (recorded(), 0)
    assert recorded() > 0
    assert BudgetHold.objects.get().state == HoldState.SETTLED


def test_every_call_is_charged_once(fake: FakeProvider, worker: InlineWorker, dora: User) -> None:
    fake.scripts.push(fault("cut", text="lost"), Script(text="kept"))
    request = worker.finish(accept(dora, SUMMARY).request)
    assert (request.status, LLMUsageLog.objects.count()) == ("done", 2)
    assert used_and_held() == (recorded(), 0)


def test_further_call_without_room_ends_the_request(fake: FakeProvider, worker: InlineWorker, dora: User) -> None:
    need = need_of_one_call(dora)
    TokenBudget.objects.update(limit=Decimal(need))
    fake.scripts.push(fault("cut", text="a part of an answer"), Script(text="never asked for"))
    request = worker.finish(accept(dora, SUMMARY).request)
    assert (request.status, request.error_code) == ("failed", "budget_exceeded")
    assert request.partial == "a part of an answer"
    assert len(fake.ledger.calls) == 1
    used, held = used_and_held()
    assert (used, held) == (recorded(), 0)
    assert 0 < used <= need


def test_request_that_no_worker_took_costs_nothing(dora: User, fake: FakeProvider) -> None:
    need_of_one_call(dora)
    assert used_and_held() == (0, 0)
    assert AIRequest.objects.get().status == "cancelled"
