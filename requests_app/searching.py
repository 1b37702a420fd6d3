"""Searches of a worker's requests: on threads of their own, for an embedding model may take its time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ai.engine import Failed, PutBack, Stop
from ai.errors import NotEmbedded
from ai.failures import FAILURES
from ai.patience import Patience
from ai.rag.context import Block
from requests_app import sources
from requests_app.database import DatabaseThreads
from requests_app.models import AIRequest

T = TypeVar("T")


class Searches:
    """At most ``size`` at once, each with a connection while it reads."""

    def __init__(self, size: int) -> None:
        self._threads = DatabaseThreads(size, "search")

    async def find(self, request: AIRequest, *, seconds_left: float, stop: Stop) -> tuple[Block, ...]:
        return await self.run(partial(sources.search, request), seconds_left=seconds_left, stop=stop)

    async def run(self, work: Callable[[], T], *, seconds_left: float, stop: Stop) -> T:
        """Raises Pulled and DeadlinePassed; a call that is under way then is paid for by its thread."""
        patience = Patience(deadline_s=seconds_left, stop=stop)
        return await patience.wait(partial(self._threads.run, work))

    def close(self) -> None:
        self._threads.close()


def without_search(problem: NotEmbedded, *, seconds_left: float) -> PutBack | Failed:
    """What becomes of a request whose question has no vector."""
    if problem.after_s is not None and problem.after_s < seconds_left:
        return PutBack(after_s=problem.after_s, reason=problem.code)
    code = problem.code if problem.code in FAILURES else "provider_unavailable"
    return Failed(code=code, message=str(FAILURES[code]))
