"""Database work for event loops: a few threads with a connection each, so that their number bounds the connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

P = ParamSpec("P")
T = TypeVar("T")
Asked = TypeVar("Asked")


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


class Together(Generic[Asked, T]):
    """Many callers' questions to the database as one statement: what comes while one is under way is the next.

    ``answer`` takes a list of questions and returns their answers in the same order, or raises and has done nothing. A
    database that is away fails all of them; after any other failure each is asked alone.
    """

    def __init__(self, threads: DatabaseThreads, answer: Callable[[Sequence[Asked]], Sequence[T]]) -> None:
        self._threads = threads
        self._answer = answer
        self._waiting: list[tuple[Asked, asyncio.Future[T]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, question: Asked) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all(), context=Context())  # nobody's work in particular
        return await future

    async def _ask_all(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            await self._ask_for(taken)

    async def _ask_for(self, taken: list[tuple[Asked, asyncio.Future[T]]]) -> None:
        try:
            answers = await self._threads.run(self._answer, [question for question, _future in taken])
            for (_question, future), answer in zip(taken, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        except (OperationalError, InterfaceError) as problem:  # of the database, whatever is asked
            for _question, future in taken:
                if not future.done():
                    future.set_exception(type(problem)(*problem.args))
        except Exception as problem:  # of one question, perhaps, and not of the others
            for question, future in taken:
                if len(taken) > 1:
                    await self._ask_for([(question, future)])
                elif not future.done():
                    future.set_exception(problem)


def on_fresh_connection(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call outside Django's request cycle: a connection that broke meanwhile is replaced before it is used."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
    return function(*args, **kwargs)
