"""What a worker process is made of: one event loop for all model calls, a few database threads, a writer, a keeper.

Celery's threads only wait here for their request's outcome; none of them touches the database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future

import uvloop
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from ai.providers import client_for, close_clients, load_adapters
from ai.routing import available_providers
from ai.routing.file import from_file
from ai.traffic import SharedTraffic
from ai.types import ProviderSpec
from requests_app.database import DatabaseThreads
from requests_app.keeper import Keeper
from requests_app.live import LivePublisher
from requests_app.runner import HANDED_OVER, Runner
from requests_app.searching import Searches
from requests_app.writer import ChunkWriter

logger = logging.getLogger(__name__)

STANDING = ("writer", "live")
HAND_OVER_S = 5.0  # a few database steps
HAND_OVER_AGAIN_S = 0.1
CANCEL_AGAIN_S = 1.0


class WorkerProcess:
    """Build and start it once a process, after any fork."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()  # a quarter less CPU for long streams than asyncio's own
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._database = DatabaseThreads(settings.LINTEL_DATABASE_THREADS, "database")
        self._live = LivePublisher()
        self._traffic = SharedTraffic(settings.CACHE_URL or "")
        self._searches = Searches(settings.LINTEL_SEARCH_THREADS)
        self._tasks: set[asyncio.Task[object]] = set()
        self._writer = ChunkWriter(self._database, self._live.chunks, settings.LINTEL_FLUSH_SECONDS)
        self.runner = Runner(
            loop=self._loop,
            database=self._database,
            writer=self._writer,
            live=self._live,
            traffic=self._traffic,
            searches=self._searches,
            capacity=settings.LINTEL_STREAMS,
        )
        self.keeper = Keeper(runner=self.runner, start_more=self._start_more)

    def start(self) -> None:
        providers = providers_at_start()
        load_adapters(providers)
        self._thread.start()
        self._loop.call_soon_threadsafe(self._start_tasks)
        self._loop.call_soon_threadsafe(self._build_clients, providers)
        self.keeper.start()
        logger.info("ready for %s streams at once", self.runner.capacity)

    def run_next(self) -> bool:
        """Run the next waiting request to its end, from any thread; False where nothing waits."""
        future: Future[bool] = asyncio.run_coroutine_threadsafe(self.runner.run_next(), self._loop)
        return future.result()

    def close(self, grace_s: float) -> None:
        """Claim nothing more; streams that outlast the grace are handed over to other workers."""
        self.runner.closing = True
        self._loop.call_soon_threadsafe(self._loop.call_later, grace_s, self._hand_over)

    def stop(self) -> None:
        """After Celery's own tasks: see the other streams off, give the lease back and end the loop."""
        asyncio.run_coroutine_threadsafe(self._see_off(), self._loop).result()
        self.keeper.stop()
        asyncio.run_coroutine_threadsafe(self._finish_tasks(), self._loop).result(timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._searches.close()
        self._database.close()

    def _hand_over(self) -> None:
        for run in list(self.runner.running.values()):
            run.stop.pull(HANDED_OVER)
        self._loop.call_later(HAND_OVER_AGAIN_S, self._hand_over)  # a claim under way may still come back with one

    def _start_tasks(self) -> None:
        for name, coroutine in zip(STANDING, (self._writer.run(), self._live.run()), strict=True):
            self._keep(self._loop.create_task(coroutine, name=name))

    def _build_clients(self, providers: Sequence[ProviderSpec]) -> None:
        """Before the first request comes, which would wait for it: reading the certificates alone takes 50 ms."""
        for provider in providers:
            client_for(provider)

    def _start_more(self, count: int) -> None:
        self._loop.call_soon_threadsafe(self._claim_more, count)

    def _claim_more(self, count: int) -> None:
        for _each in range(count):
            self._keep(self._loop.create_task(self.runner.run_next(), name="claim"))

    def _keep(self, task: asyncio.Task[object]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._let_go)

    def _let_go(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (problem := task.exception()) is None:
            return
        logger.error("task %s failed", task.get_name(), exc_info=problem)
        if task.get_name() in STANDING:
            # Without it no stream gets on: better no process than one that only looks alive.
            os._exit(os.EX_SOFTWARE)

    async def _see_off(self) -> None:
        """Streams that the keeper began, which no task of Celery waits for; without a database they are left."""
        if claims := [task for task in self._tasks if task.get_name() not in STANDING]:
            await asyncio.wait(claims, timeout=settings.LINTEL_SHUTDOWN_GRACE_SECONDS + HAND_OVER_S)

    async def _finish_tasks(self) -> None:
        while tasks := list(self._tasks):  # a client of Redis may swallow it: then it is said again
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=CANCEL_AGAIN_S)
        await self._traffic.close()
        await close_clients()


def providers_at_start() -> tuple[ProviderSpec, ...]:
    """Where the database is away, those of the file: a worker comes up without."""
    try:
        return available_providers()
    except (OperationalError, InterfaceError):
        return available_providers(from_file())
    finally:
        connection.close()


_process: WorkerProcess | None = None


def start_worker() -> None:
    """Make this process a worker for requests."""
    global _process
    _process = WorkerProcess()
    _process.start()


def is_worker() -> bool:
    return _process is not None


def this_worker() -> WorkerProcess:
    if _process is None:
        raise RuntimeError("Requests run in a thread-pool worker of the queue 'requests' only.")
    return _process
