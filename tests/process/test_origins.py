"""A cookie opens a socket for pages of ours only."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.process.client import read, submit
from tests.process.stack import Person, Stack, directive

pytestmark = pytest.mark.usefixtures("standing_worker")


@pytest.fixture
def ended(stack: Stack, alice: Person) -> str:
    request_id = submit(stack, alice, directive(text="Mine."))
    read(stack, alice, request_id)
    return request_id


@pytest.fixture
def cookie(stack: Stack, alice: Person) -> str:
    """alice's session, from the log-in page."""
    with stack.client() as http:
        token = http.get("/login").text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        answer = http.post(
            "/login", data={"username": alice.name, "password": alice.name, "csrfmiddlewaretoken": token}
        )
        assert answer.status_code == 302
        return f"sessionid={http.cookies['sessionid']}"


def close_code(stack: Stack, request_id: str, headers: dict[str, str]) -> int:
    url = f"{stack.base_url.replace('http', 'ws', 1)}/ws/requests/{request_id}"
    with connect(url, additional_headers=headers, proxy=None) as socket:
        return close_code_of(socket)


def close_code_of(socket: ClientConnection) -> int:
    """Read to the end, whatever comes."""
    with pytest.raises(ConnectionClosed) as closed:
        drain(socket)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def drain(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=10)


def test_own_page_may_read(stack: Stack, ended: str, cookie: str) -> None:
    assert close_code(stack, ended, {"Cookie": cookie, "Origin": stack.base_url}) == 1000


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "http://evil.127.0.0.1", "file://", ""],
)
def test_other_page_may_not(stack: Stack, ended: str, cookie: str, origin: str) -> None:
    assert close_code(stack, ended, {"Cookie": cookie, "Origin": origin}) == 4401


def test_cookie_without_an_origin_may_not(stack: Stack, ended: str, cookie: str) -> None:
    assert close_code(stack, ended, {"Cookie": cookie}) == 4401


def test_wrong_token_may_not(stack: Stack, ended: str) -> None:
    assert close_code(stack, ended, {"Authorization": "Bearer lintel_" + "0" * 64}) == 4401


def test_revoked_token_ends_an_open_stream(stack: Stack, alice: Person) -> None:
    request_id = submit(stack, alice, directive(text="Mine.", ending="hang"))
    url = f"{stack.base_url.replace('http', 'ws', 1)}/ws/requests/{request_id}"
    with connect(url, additional_headers=alice.headers, proxy=None) as socket:
        socket.recv(timeout=10)
        stack.sql("DELETE FROM accounts_apitoken WHERE user_id = %s", alice.id)
        assert close_code_of(socket) == 4401
