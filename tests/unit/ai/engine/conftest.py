from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest

from ai.providers import close_clients
from ai.providers.fake import FakeProvider
from ai.providers.registry import builder_for
from tests.quiet_clock import QuietClockLoop


def pytest_asyncio_loop_factories() -> Mapping[str, type[QuietClockLoop]]:
    return {"quiet clock": QuietClockLoop}


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    builder_for("openai")  # importing the SDK takes a second, and would fall into some test's deadline
    async with FakeProvider() as provider:
        yield provider
        await close_clients()
