"""An event loop that does what it is asked for: its time stands still, database steps are waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

CALM_TURNS = 20  # of the loop: longer than any chain of callbacks without a database step


class SteppedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._now = 0.0
        self._steps: set[asyncio.Future[Any]] = set()
        super().__init__()

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]  # as the base has it, less generic
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        self._steps.add(future)
        future.add_done_callback(self._steps.discard)
        return future

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """As code that runs on the loop."""

        async def called() -> T:
            return function(*args)

        return self.finish(called())

    def finish(self, work: Coroutine[Any, Any, T]) -> T:
        made = self.run_until_complete(work)
        self.settle()
        return made

    def settle(self) -> None:
        """Until everything waits for its time or for a message."""
        self.run_until_complete(self._calm())

    def pass_time(self, seconds: float) -> None:
        self._now += seconds
        self.settle()

    async def _calm(self) -> None:
        turns = 0
        while turns < CALM_TURNS:
            turns = 0 if self._steps else turns + 1
            await (asyncio.wait(set(self._steps)) if self._steps else asyncio.sleep(0))
