"""Django's PostgreSQL, on connections that give up a server which says nothing at all.

A server whose host is alive and whose processes are not, frozen or starved, acknowledges every packet and answers none:
no limit of its own runs out, nor any of TCP's, and whoever asked would wait for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg import IsolationLevel
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout

RV = TypeVar("RV")

# Longer than the longest statement may take (statement_timeout): a server that works ends it by itself.
ANSWER_S = 35.0
# To the question before a connection's reuse, whether the server is there.
GREETING_S = 5.0


class Connection(psycopg.Connection[Any]):
    answer_s = ANSWER_S

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except psycopg.OperationalError as problem:
            if timeout is None and problem.sqlstate is None:  # not what a server says: it is gone, or silent
                self.pgconn.finish()
            raise


class Silence:
    """What this process knows of a server that answers nobody: until it does, one thread at a time waits for it.

    The others fail at once. If each waited for itself, a web server's few threads would answer one request in seconds,
    and whatever came meanwhile would wait for all that came before it.
    """

    def __init__(self) -> None:
        self._known = False
        self._asking = threading.Lock()

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """Around an attempt to connect; raises OperationalError where another one is under way and hopes little."""
        if not self._known:
            with self._learning():
                yield
        elif self._asking.acquire(blocking=False):
            try:
                with self._learning():
                    yield
            finally:
                self._asking.release()
        else:
            raise psycopg.OperationalError("the database does not answer")

    @contextmanager
    def _learning(self) -> Iterator[None]:
        try:
            yield
        except ConnectionTimeout:
            self._known = True
            raise
        self._known = False


silence = Silence()


class DatabaseWrapper(base.DatabaseWrapper):
    """For the application's role; migrations may take as long as they do, under Django's own backend."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        self.isolation_level = IsolationLevel.READ_COMMITTED
        with silence.connecting():
            return Connection.connect(**conn_params)

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        self.connection.answer_s = GREETING_S
        try:
            return bool(super().is_usable())
        finally:
            self.connection.answer_s = ANSWER_S
