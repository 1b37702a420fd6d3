from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ai.providers import close_clients
from ai.providers.fake import FakeProvider


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider
        await close_clients()
