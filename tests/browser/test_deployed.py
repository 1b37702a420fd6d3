"""A browser before the deployment: TLS, DEBUG off, hashed static files, sockets in a process of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Response

from tests.browser.conftest import watch
from tests.browser.desk import Desk
from tests.process.deployment.site import Deployment
from tests.process.stack import directive

pytestmark = pytest.mark.timeout(400)

HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")


@pytest.fixture
def desk(browser: Browser, proxied: Deployment) -> Iterator[Desk]:
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
    desk = Desk(stack=proxied, person=proxied.person(), context=context, page=context.new_page())
    watch(context, desk)
    yield desk
    context.close()
    assert desk.mishaps == []


def test_answer_is_watched_from_the_log_in_to_its_end(desk: Desk) -> None:
    answers: list[Response] = []
    sockets: list[str] = []
    desk.page.on("response", lambda answer: answers.append(answer))
    desk.page.on("websocket", lambda socket: sockets.append(socket.url))
    desk.log_in()
    request_id = desk.send(directive(chunk_delay_s=0.05))
    desk.wait_for_text(1)
    desk.wait_for_end()
    row = desk.row(request_id)
    static = [answer.url for answer in answers if "/static/" in answer.url]
    assert (row["status"], desk.raw()) == ("done", row["result"])
    assert static
    assert [url for url in static if not HASHED.search(url)] == []
    assert [answer.url for answer in answers if answer.status >= 400] == []
    assert sockets
    assert all(url.startswith("wss://") for url in sockets)
    assert all(cookie["secure"] for cookie in desk.context.cookies())
