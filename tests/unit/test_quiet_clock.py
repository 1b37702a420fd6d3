from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine

from tests.quiet_clock import QuietClockLoop


def test_waiting_takes_its_time() -> None:
    async def waits() -> float:
        loop = asyncio.get_running_loop()
        since = loop.time()
        await asyncio.sleep(0.02)
        return loop.time() - since

    assert run(waits()) >= 0.02


def test_being_busy_or_without_a_processor_takes_none() -> None:
    async def works() -> float:
        loop = asyncio.get_running_loop()
        since = loop.time()
        async with asyncio.timeout(0.01):
            time.sleep(0.05)  # noqa: ASYNC251 - what the machine does to a process
            await asyncio.sleep(0)
        return loop.time() - since

    assert run(works()) == 0


def run(work: Coroutine[None, None, float]) -> float:
    with asyncio.Runner(loop_factory=QuietClockLoop) as runner:
        return runner.run(work)
