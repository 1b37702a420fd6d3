"""What hostile clients, odd providers and unlucky moments may not do."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from config.local.child import Child
from tests.process.client import fetch, read, submit
from tests.process.conftest import QUICK
from tests.process.stack import Person, Stack, directive, wait_for

CANARY = "CANARYPROMPT"


def half_sent(stack: Stack, head: str) -> socket.socket:
    """A connection that promised a body and sends one byte of it."""
    held = socket.create_connection(("127.0.0.1", stack.port))
    held.sendall(f"{head}\r\nHost: 127.0.0.1:{stack.port}\r\nContent-Length: 1000\r\n\r\nx".encode())
    return held


def test_slow_senders_hold_no_thread(stack: Stack, alice: Person) -> None:
    login = f"POST /login HTTP/1.1\r\nCookie: csrftoken={'a' * 32}\r\nContent-Type: application/x-www-form-urlencoded"
    submission = (
        f"POST /api/v1/requests HTTP/1.1\r\nAuthorization: Bearer {alice.token}\r\nContent-Type: application/json"
    )
    held = [half_sent(stack, head) for head in (login, submission) for _each in range(20)]
    try:
        assert httpx2.get(f"{stack.base_url}/readyz", timeout=4).status_code == 200
    finally:
        for each in held:
            each.close()


def test_endless_upload_is_refused(stack: Stack) -> None:
    def body() -> Iterator[bytes]:
        for _each in range(4096):
            yield b"x" * 4096

    try:
        answer = httpx2.post(f"{stack.base_url}/login", content=body())
    except httpx2.TransportError:
        return  # the server hung up while we were still sending
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_chunked_body_is_read_whole(stack: Stack, alice: Person, standing_worker: Child) -> None:
    document = directive(text="Whole.").replace('"', '\\"')
    pieces = (b'{"prompt_key": "document_summary", ', b'"payload": {"document": "' + document.encode() + b'"}}')
    with stack.client(alice) as http:
        answer = http.post("/api/v1/requests", content=iter(pieces), headers={"Content-Type": "application/json"})
    assert answer.status_code == 202, answer.text
    assert read(stack, alice, answer.json()["id"]).text == "Whole."


def test_alive_while_the_database_hangs(stack: Stack) -> None:
    with ThreadPoolExecutor(16) as callers:
        list(callers.map(lambda _each: httpx2.get(f"{stack.base_url}/readyz"), range(16)))
        backends = [pid for (pid,) in stack.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'lintel_app'")]
        for pid in backends:
            os.kill(pid, signal.SIGSTOP)
        try:
            stuck = [callers.submit(httpx2.get, f"{stack.base_url}/readyz", timeout=20) for _each in range(12)]
            time.sleep(0.5)
            assert not all(call.done() for call in stuck), "nothing waits for the database, so this proves nothing"
            assert httpx2.get(f"{stack.base_url}/livez", timeout=2).json() == {"ok": True}
        finally:
            for pid in backends:
                os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("path", ["/ws/none", "/ws/requests/xyz", "/"])
def test_unknown_socket_is_refused(stack: Stack, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(stack.base_url.replace("http", "ws", 1) + path, proxy=None):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "path", ["/login", "/api/v1/requests", "/api/v1/requests/00000000-0000-7000-8000-000000000000/events"]
)
def test_session_cookie_of_nonsense_is_nobodys(stack: Stack, path: str) -> None:
    cookie = 'sessionid="' + "\\000" * 9 + '"'
    answer = httpx2.get(stack.base_url + path, headers={"Cookie": cookie})
    assert answer.status_code in {200, 401}


@pytest.mark.parametrize("cached", [10**12, -5])
def test_odd_usage_costs_one_call_and_no_secret(
    stack: Stack, alice: Person, standing_worker: Child, cached: int
) -> None:
    before = len(stack.calls())
    answer = f"An answer with a {CANARY}."
    request_id = submit(stack, alice, directive(f"{CANARY} of a user.", text=answer, cached_tokens=cached))
    assert read(stack, alice, request_id).text == answer
    assert fetch(stack, alice, request_id)["usage"]["estimated"]
    assert len(stack.calls()) == before + 1
    logs = [*stack.home.logs.glob("*.log"), *stack.services.home.logs.glob("*.log")]
    assert logs
    assert not [log.name for log in logs if CANARY.encode() in log.read_bytes()]


def test_one_freeze_costs_one_takeover_each(stack: Stack, alice: Person, standing_worker: Child) -> None:
    """The very worker that was frozen claims its own requests again while their old runs are still stopping."""
    standing_worker.tell_all(signal.SIGSTOP)
    worker = stack.start_worker(environment={**QUICK, "LINTEL_SWEEP_SECONDS": "600"})
    try:
        text = "Frozen and thawed. " * 8
        ids = [submit(stack, alice, directive(text=text, chunk_chars=4, chunk_delay_s=0.05)) for _each in range(12)]
        begun = "SELECT count(*) FROM requests_app_airequest WHERE id = ANY(%s::uuid[]) AND first_token IS NOT NULL"
        wait_for(lambda: stack.sql(begun, ids) == [(12,)], what="the first text of each")
        worker.tell_all(signal.SIGSTOP)
        time.sleep(2.5)
        stack.run("manage.py", "sweep")
        worker.tell_all(signal.SIGCONT)
        assert [read(stack, alice, request_id).text for request_id in ids] == [text] * 12
        assert [fetch(stack, alice, request_id)["takeovers"] for request_id in ids] == [1] * 12
    finally:
        worker.kill()
        standing_worker.tell_all(signal.SIGCONT)
