"""A database whose process is frozen: it takes what it is sent and says nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from django.db import OperationalError, connection, connections, transaction

from config.backends.postgresql import base
from tests.faults.proxy import Proxy


@pytest.fixture(autouse=True)
def impatient(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "GREETING_S", 0.2)
    monkeypatch.setattr(base.Connection, "answer_s", 0.2)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((pid,),) = cursor.fetchall()
    return int(pid)


@contextmanager
def frozen() -> Iterator[int]:
    """The server process behind the current connection."""
    pid = backend()
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


def test_it_is_given_up_and_the_next_question_goes_elsewhere() -> None:
    with frozen() as silent:
        with pytest.raises(OperationalError):
            backend()
        connection.close_if_unusable_or_obsolete()
        assert backend() != silent


def test_transaction_ends_as_it_does_without_a_connection() -> None:
    with frozen() as silent:
        with pytest.raises(OperationalError), transaction.atomic(), transaction.atomic():
            backend()
        assert not connection.in_atomic_block
        connection.close_if_unusable_or_obsolete()
        assert backend() != silent


def commit_to_nobody(thaw: ExitStack) -> None:
    with transaction.atomic():
        backend()
        thaw.enter_context(frozen())


def test_commit_that_nobody_answers_is_no_success() -> None:
    with ExitStack() as thaw:
        with pytest.raises(OperationalError):
            commit_to_nobody(thaw)
        assert backend()


def test_connection_is_greeted_before_its_reuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base.Connection, "answer_s", base.ANSWER_S)
    with frozen() as silent:
        connection.close_if_unusable_or_obsolete()
        assert backend() != silent
    connection.close_if_unusable_or_obsolete()
    assert backend()
    assert connection.connection.answer_s == base.ANSWER_S


def test_what_the_server_itself_refuses_costs_no_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '20ms'")
        held = connection.connection
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(30)")
        cursor.execute("RESET statement_timeout")
    assert connection.connection is held


def test_limit_is_longer_than_any_statement_may_take() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'")
        ((milliseconds,),) = cursor.fetchall()
    assert 0 < milliseconds < base.ANSWER_S * 1000


@pytest.fixture
def stalled() -> Iterator[Proxy]:
    """A server that takes connections and says nothing, in the database's place."""
    default = connections["default"]
    port, options = default.settings_dict["PORT"], default.settings_dict["OPTIONS"]
    default.close()
    with Proxy(int(port)) as proxy:
        proxy.stall()
        default.settings_dict.update(PORT=str(proxy.port), OPTIONS={**options, "connect_timeout": 2})
        yield proxy
        default.close()
        default.settings_dict.update(PORT=port, OPTIONS=options)


def test_server_that_answers_nobody_is_waited_for_by_one_thread(
    stalled: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OperationalError):
        backend()
    monkeypatch.setattr(base.Connection, "answer_s", base.ANSWER_S)
    connections["default"].settings_dict["OPTIONS"]["connect_timeout"] = 60  # known to be silent: none runs out below
    asked = stalled.counts.accepted
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(on_a_connection_of_its_own)
        while stalled.counts.accepted == asked:
            assert not waiting.done()
        for _each in range(50):
            with pytest.raises(OperationalError, match="does not answer"):
                backend()
        assert stalled.counts.accepted == asked + 1
        stalled.resume()
        assert waiting.result()
    assert backend()


def on_a_connection_of_its_own() -> int:
    try:
        return backend()
    finally:
        connection.close()
