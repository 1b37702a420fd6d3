"""The fake provider for tests that have no event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ai.providers.fake.scripts import Scripts
from ai.providers.fake.server import FakeProvider


@contextmanager
def fake_provider(*, port: int = 0, scripts: Scripts | None = None) -> Iterator[FakeProvider]:
    """Serves from a thread of its own while the context is open."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fake provider", daemon=True)
    thread.start()
    fake = FakeProvider(port=port, scripts=scripts)
    try:
        asyncio.run_coroutine_threadsafe(fake.__aenter__(), loop).result()
        yield fake
        asyncio.run_coroutine_threadsafe(fake.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
