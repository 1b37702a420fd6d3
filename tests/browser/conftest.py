"""A real browser over the real product. Each test does a task and looks for its effect in the database."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, sync_playwright

from config.local.child import Child
from tests.browser.desk import Desk
from tests.process.people import alice as alice
from tests.process.people import mallory as mallory
from tests.process.stack import Person, Stack

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = "apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium"
# Nothing but pages: no phoning home, no GPU; root may not have Chromium's own sandbox.
ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", *(["--no-sandbox"] if os.geteuid() == 0 else []),
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    """CHROMIUM, else on the PATH, else from apt where we are root; else the browser tests are skipped, loudly."""
    found = os.environ.get("CHROMIUM") or _on_path() or _installed()
    if found:
        return found
    sentence = "NO BROWSER TESTS: no Chromium was found. Set CHROMIUM to one, or install it."
    if os.environ.get("BROWSER") == "required":
        pytest.fail(sentence)
    pytest.skip(sentence)


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _installed() -> str | None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(INSTALL, shell=True, check=False, capture_output=True, timeout=600)  # noqa: S602 - a constant
    return _on_path()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One for each file: playwright keeps an event loop running, which tests of other folders must not meet."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(browser: Browser, stack: Stack, standing_worker: Child) -> Iterator[OpenDesk]:
    """Browsers of people, each watched: at the end none may have said an error or asked a stranger."""
    desks: list[Desk] = []

    def open_one(person: Person, **options: object) -> Desk:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)  # type: ignore[arg-type]
        desk = Desk(stack=stack, person=person, context=context, page=context.new_page())
        watch(context, desk)
        desks.append(desk)
        desk.log_in()
        return desk

    yield open_one
    for desk in desks:
        desk.context.close()
    assert [mishap for desk in desks for mishap in desk.mishaps] == []


@pytest.fixture
def desk(open_desk: OpenDesk, alice: Person) -> Desk:
    """alice, logged in, on the Run page."""
    return open_desk(alice)


def watch(context: BrowserContext, desk: Desk) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not desk.expects_noise:
            desk.mishaps.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(desk.stack.base_url).netloc and not request.url.startswith("data:"):
            desk.mishaps.append(f"a stranger was asked: {request.url}")

    def opened(dialog: Dialog) -> None:
        desk.mishaps.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def failed(error: object) -> None:
        desk.mishaps.append(f"an exception: {error}")

    def watch_page(page: Page) -> None:
        page.on("dialog", opened)
        page.on("pageerror", failed)

    context.on("console", said)
    context.on("request", asked)
    context.on("page", watch_page)
    watch_page(desk.page)
