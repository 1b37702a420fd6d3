"""No stream carries a held answer before it is approved: every socket and every event stream of the routing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from accounts.models import ApiToken, User
from config import asgi
from requests_app import review
from requests_app.lifecycle import Ending, finish
from requests_app.models import AIRequest, Status
from requests_app.routing import sockets, streams
from tests.integration.held.answers import MARK, word, write
from tests.integration.requests_app.test_review import answer, ask_for_approval, later

pytestmark = pytest.mark.usefixtures("committed")

HERE = "tests/integration/held/test_streams.py"
PATIENCE_S = 20.0
ID = "<uuid:request_id>"
SOCKETS = [str(route.pattern) for route in sockets.routes if str(route.pattern)]
ROUTES = [*(("websocket", route) for route in SOCKETS), *(("http", route) for route in streams)]
every_route = pytest.mark.parametrize(("kind", "route"), ROUTES)


@dataclass
class Reading:
    """One reader of one stream: everything that the server sends, and the end of it."""

    kind: str
    sent: asyncio.Queue[dict[str, Any]]
    seen: str = ""

    async def until(self, *words: str) -> str:
        """Read on until one of these has come."""
        async with asyncio.timeout(PATIENCE_S):
            while not any(each in self.seen for each in words):
                self.seen += written(await self.sent.get())
        return self.seen


def written(message: dict[str, Any]) -> str:
    body = message.get("body", b"").decode()
    headers = "".join(f"{name!r}{value!r}" for name, value in message.get("headers", []))
    return (
        f"{message['type']}{message.get('code', '')}{message.get('status', '')}{headers}{message.get('text', '')}{body}"
    )


async def read(kind: str, path: str, headers: dict[str, str], act: Callable[[Reading], Awaitable[None]]) -> str:
    """Open it as a server would, let ``act`` happen, and return everything that was sent."""
    reading = Reading(kind, asyncio.Queue())
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard.put_nowait({"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b""})
    scope = {
        "type": kind, "path": path, "raw_path": path.encode(), "query_string": b"", "method": "GET",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "subprotocols": [],
    }  # fmt: skip
    task = asyncio.ensure_future(asgi.application(scope, heard.get, reading.sent.put))
    try:
        await act(reading)
    finally:
        gone = "websocket.disconnect" if kind == "websocket" else "http.disconnect"
        heard.put_nowait({"type": gone, "code": 1000})
        await asyncio.wait([task], timeout=PATIENCE_S)
        task.cancel()
    return reading.seen


def path_of(route: str, request: AIRequest) -> str:
    assert route.replace(ID, "").count("<") == 0, f"say in {HERE} what stands for the parameters of {route!r}"
    return "/" + route.replace(ID, str(request.pk))


def browser(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {
        "cookie": client.cookies.output(header="", sep=";").strip(),
        "origin": "http://testserver",
        "host": "testserver",
    }


def program(user: User) -> dict[str, str]:
    return {"authorization": f"Bearer {ApiToken.objects.create(user=user, name='tests')[1]}", "host": "testserver"}


def people() -> tuple[User, User]:
    judge = User.objects.create_user("carol")
    return User.objects.create_user("alice"), judge


def approve(request: AIRequest, judge: User) -> None:
    review.take(judge, request.review.pk)
    review.approve(judge, request.review.pk)
    later(request.review)
    assert review.deliver() == 1


@every_route
@pytest.mark.parametrize("how", [browser, program], ids=["browser", "program"])
def test_held_answer_comes_with_its_approval(kind: str, route: str, how: Callable[[User], dict[str, str]]) -> None:
    alice, judge = people()
    request = answer(ask_for_approval(alice), word("text"))

    async def act(reading: Reading) -> None:
        assert MARK not in await reading.until('"review"')
        await sync_to_async(approve)(request, judge)
        await reading.until('"end"')

    seen = asyncio.run(read(kind, path_of(route, request), how(alice), act))
    assert word("text") in seen


@every_route
def test_text_on_its_way_is_not_sent(kind: str, route: str) -> None:
    alice, _judge = people()
    claim = ask_for_approval(alice)
    write(claim, claim.attempt, word("chunk"))

    def go_on() -> None:
        ending = Ending(status=Status.FAILED, text=word("partial"), code="incomplete", message="It broke off.")
        finish(claim.request, attempt=claim.attempt, ending=ending, closed=None)

    async def act(reading: Reading) -> None:
        await reading.until('"processing"')
        await sync_to_async(go_on)()
        await reading.until('"end"')

    seen = asyncio.run(read(kind, path_of(route, claim.request), browser(alice), act))
    assert MARK not in seen


@every_route
def test_others_are_refused(kind: str, route: str) -> None:
    alice, judge = people()
    request = answer(ask_for_approval(alice), word("text"))
    for headers, refused in ((browser(judge), ("4404", "404")), ({"host": "testserver"}, ("4401", "401"))):

        async def act(reading: Reading, refused: tuple[str, ...] = refused) -> None:
            await reading.until(*refused)

        assert MARK not in asyncio.run(read(kind, path_of(route, request), headers, act))


def test_no_other_door_streams() -> None:
    """What is served beside Django: sockets, streams, and what only passes on."""
    plain = [str(route.pattern) for route in asgi.plain]
    assert (plain, [str(route.pattern) for route in asgi.events]) == (["livez", ""], list(streams))
