"""Database work for event loops: a few threads with a connection each, so that their number bounds the connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThreads:
    """``await threads.run(function, ...)`` runs synchronous ORM code off the loop, on at most ``size`` connections."""

    def __init__(self, size: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        work = partial(on_fresh_connection, function, *args, **kwargs)
        # In this task's context, so that what is logged there says whose work it is.
        return await loop.run_in_executor(self._executor, copy_context().run, work)

    def submit(self, function: Callable[[], object]) -> None:
        """Run it without waiting, from any thread."""
        self._executor.submit(on_fresh_connection, function)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def on_fresh_connection(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call outside Django's request cycle: a connection that broke meanwhile is replaced before it is used."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
    return function(*args, **kwargs)
