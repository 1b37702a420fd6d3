from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from accounts.models import ApiToken, User
from ai.providers.fake import FakeProvider, fake_provider
from ai.routing.publish import publish
from requests_app.models import TokenBudget
from requests_app.testing import InlineWorker, inline_worker
from tests.faults.nth.outside import KINDS, Kind, Side
from tests.process.stack import CATALOGUE, UNLIMITED

BOTH: tuple[Side, ...] = ("web", "worker")
SIDES: list[tuple[Side, Kind]] = [
    (side, kind) for side in BOTH for kind in KINDS if (side, kind) != ("web", "provider")
]


@pytest.fixture(autouse=True)
def quick(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits longer than it must for a fault to pass."""
    for name in UNLIMITED:
        setattr(settings, name, None)
    settings.LINTEL_LEASE_SECONDS, settings.LINTEL_RENEW_SECONDS = 2.0, 0.2
    settings.LINTEL_LOOK_SECONDS, settings.LINTEL_SWEEP_SECONDS = 0.05, 0.2
    settings.LINTEL_FLUSH_SECONDS = 0.0
    settings.LINTEL_CONTENT_IDLE_SECONDS = 2.0
    for pause in ("runner.STEP_PAUSE_S", "writer.RETRY_PAUSE_S"):
        monkeypatch.setattr(f"requests_app.{pause}", 0.02)
    monkeypatch.setattr("requests_app.live.SEND_SECONDS", 0.1)
    # The oracles tell calls of one model apart by their times.
    monkeypatch.setattr("ai.resilience.BACKOFF_SECONDS", (0.15, 0.15))


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDED_MODEL_URL = fake.openai_url
        settings.LINTEL_ANTHROPIC_BASE_URL = fake.url
        yield fake


@pytest.fixture(autouse=True)
def catalogue(committed: None, settings: Settings) -> Iterator[None]:
    """The one of the stack's tests, in the tables too; the product's own afterwards."""
    own, settings.LINTEL_CATALOGUE = settings.LINTEL_CATALOGUE, CATALOGUE
    publish()
    yield
    settings.LINTEL_CATALOGUE = own
    publish()


@pytest.fixture
def token(committed: None) -> str:
    """Of somebody with budgets in tokens and dollars, of their own and of their team."""
    dora = User.objects.create_user("dora")
    limit = Decimal(10_000_000)
    TokenBudget.objects.create(user=dora, limit=limit)
    TokenBudget.objects.create(team=dora.personal_team, measure="usd", period="month", limit=limit)
    return str(ApiToken.objects.create(user=dora, name="tests")[1])


@pytest.fixture
def worker(fake: FakeProvider, token: str) -> Iterator[InlineWorker]:
    with inline_worker() as worker:
        yield worker
