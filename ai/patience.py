"""How long a job waits, and how it is told to stop waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ai.errors import CallTimedOut

T = TypeVar("T")


class Pulled(Exception):
    """The job's stop was pulled."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DeadlinePassed(Exception):
    """No time is left for any call of this job."""


class Stop:
    """One per job. Pulled on the loop's thread, at any time; the first reason stands."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._wait: asyncio.Timeout | None = None

    def pull(self, reason: str) -> None:
        """Wakes the job at once, also while it waits for a byte."""
        if self.reason is not None:
            return
        self.reason = reason
        if self._wait is not None and not self._wait.expired():
            self._wait.reschedule(asyncio.get_running_loop().time())


class Patience:
    """Every wait of a job goes through here: bounded by its deadline, ended by its stop.

    One scope around each wait and none over a yield: a scope that outlives a yield cancels whoever runs then (PEP 789).
    """

    def __init__(self, *, deadline_s: float, stop: Stop) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + deadline_s
        self._stop = stop

    @property
    def seconds_left(self) -> float:
        return self._deadline - self._loop.time()

    async def wait(self, begin: Callable[[], Awaitable[T]], *, until: float | None = None) -> T:
        """``until`` is a time of the loop's clock; past it, CallTimedOut. Raises Pulled and DeadlinePassed too."""
        if self._stop.reason is not None:
            raise Pulled(self._stop.reason)
        limit = self._deadline if until is None else min(until, self._deadline)
        try:
            async with asyncio.timeout_at(limit) as scope:
                self._stop._wait = scope
                return await begin()
        except TimeoutError as error:
            if not scope.expired():
                raise CallTimedOut("the adapter gave up waiting") from error
            raise self._why(limit) from None
        finally:
            self._stop._wait = None

    def _why(self, limit: float) -> Exception:
        if self._stop.reason is not None:
            return Pulled(self._stop.reason)
        if limit >= self._deadline:
            return DeadlinePassed()
        return CallTimedOut("no text came in time")
