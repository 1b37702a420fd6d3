from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest

from ai.providers import close_clients
from ai.providers.fake import FakeProvider
from tests.quiet_clock import QuietClockLoop


def pytest_asyncio_loop_factories() -> Mapping[str, type[QuietClockLoop]]:
    return {"quiet clock": QuietClockLoop}


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider
        await close_clients()


@pytest.fixture(params=["openai", "anthropic"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each adapter that talks to vendors."""
    return str(request.param)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mutants take minutes: they run where they are asked for."""
    if "mutants" not in config.option.markexpr:
        kept = [item for item in items if item.get_closest_marker("mutants") is None]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
