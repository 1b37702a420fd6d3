"""A vendor that fails wholly while many ask: everybody is answered, for hardly more calls than there are requests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.providers.fake import FakeProvider, Script, fake_provider, fault
from requests_app.models import AIAttempt, AIRequest
from requests_app.testing import inline_worker
from tests.faults.routes import Vendor, accepted, catalogue_of, finish_all

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.timeout(600)]

REQUESTS, AT_ONCE = 200, 8
MOST_CALLS = 1.1


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    """Breakers are as they ship, and nothing is remembered of another test's."""
    settings.LINTEL_BREAKER_CALLS = 5
    settings.LINTEL_STREAMS = AT_ONCE  # those that are under way when the first one fails cannot be spared it
    settings.LINTEL_CONTENT_IDLE_SECONDS = 3.0
    settings.LINTEL_DAILY_TOKENS = settings.LINTEL_REQUESTS_PER_MINUTE = None
    with redis.Redis.from_url(settings.CACHE_URL) as shared, fake_provider() as fake:
        yield fake
        for key in shared.scan_iter("lintel:model:down:*"):
            shared.delete(key)


@pytest.fixture
def models(fake: FakeProvider, settings: Settings) -> dict[str, Vendor]:
    settings.LINTEL_BASE_URLS = [fake.openai_url]
    rates = ("1", "2", "0.1", "1.25")
    vendors = {name: Vendor(name=name, kind="openai", url=fake.openai_url, rates=rates) for name in ("down", "up")}
    return {f"model-{name}": vendor for name, vendor in vendors.items()}


@pytest.mark.parametrize(
    "down",
    [
        fault("overloaded"),
        fault("rate_limit"),
        fault("rate_limit_with_wait", retry_after="60"),
        fault("reset", text="Lost.", after_chunks=1),
        fault("silence"),
    ],
    ids=lambda down: down.fault,
)
def test_storm(fake: FakeProvider, models: dict[str, Vendor], down: Script) -> None:
    fake.scripts.by_model |= {"model-down": down, "model-up": Script(text="Fine.")}
    user = User.objects.create_user("dora")
    with catalogue_of(models, windows={}), inline_worker() as worker:
        requests = [accepted(user, f"Text {number}.", list(models)) for number in range(REQUESTS)]
        finish_all(worker, requests, threads=AT_ONCE)
    assert set(AIRequest.objects.values_list("status", "result", "model")) == {("done", "Fine.", "model-up")}
    assert len(fake.ledger.calls) == AIAttempt.objects.count()
    assert len(fake.ledger.calls) <= MOST_CALLS * REQUESTS
