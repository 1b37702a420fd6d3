"""Searching one's documents at a browser: with scripts and without, on any screen, and from a program."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect

from config.local.child import Child
from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.browser.test_axe import GRAVE
from tests.process.searchable import searchable, shelve
from tests.process.stack import Person, Stack

pytestmark = pytest.mark.timeout(300)  # the first waits for processes with an embedding model

PHONE: ViewportSize = {"width": 360, "height": 740}
WIDER = "document.documentElement.scrollWidth > innerWidth"
NOTICE = "The lease of the warehouse needs ninety days of notice, and runs five years."
SENT = "SELECT DISTINCT payload::text FROM requests_app_airequest WHERE user_id = %s"
LONG = f"{'The quay was laid stone by stone. ' * 30}{'unbroken' * 40} A crane stands on it."


@pytest.fixture(scope="module")
def library(stack: Stack) -> Iterator[Stack]:
    with searchable(stack):
        yield stack


@pytest.fixture
def standing_worker(library: Stack) -> Iterator[Child]:
    """In place of the one that knows of no documents."""
    worker = library.start_worker()
    yield worker
    worker.kill()


@pytest.fixture
def shelf(library: Stack, standing_worker: Child, alice: Person) -> str:
    """alice's documents; the lease's id."""
    shelve(library, alice, "Quay", LONG)
    return shelve(library, alice, "Lease", f"# Terms\n\n## Notice\n\n{NOTICE}")


def look_for(desk: Desk, words: str) -> None:
    desk.page.goto(f"{desk.stack.base_url}/search")
    desk.page.get_by_label("What do you look for?").fill(words)
    desk.page.get_by_role("main").get_by_role("button", name="Search").click()
    desk.page.wait_for_url("**/searches/*")


def test_from_the_documents_page_to_the_passage(desk: Desk, shelf: str) -> None:
    desk.page.goto(f"{desk.stack.base_url}/documents")
    desk.page.get_by_label("Search your documents").fill("days of notice for the warehouse")
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/searches/*")
    hit = desk.page.locator(".hit").first
    expect(hit).to_contain_text("ninety days", timeout=PATIENCE_MS)
    expect(hit.locator("mark").first).to_be_visible()
    expect(desk.page.locator("[data-said]")).to_have_text(re.compile("passages?$"))
    shown = desk.page.locator(".hit").count()
    desk.page.reload()
    expect(desk.page.locator(".hit")).to_have_count(shown)
    hit.get_by_role("link", name="Lease").click()
    desk.page.wait_for_url(f"**/documents/{shelf}*")


def test_without_scripts_the_page_looks_again(open_desk: OpenDesk, alice: Person, shelf: str) -> None:
    desk = open_desk(alice, java_script_enabled=False)
    look_for(desk, "days of notice for the lease")
    expect(desk.page.locator(".hit").first).to_contain_text("ninety days", timeout=PATIENCE_MS)


def test_a_search_that_waits_goes_on_when_the_connection_is_back(desk: Desk, shelf: str) -> None:
    desk.expects_noise = True
    desk.stack.script(default={"first_delay_s": 4})
    look_for(desk, "a question while nobody answers")
    desk.page.context.set_offline(True)
    expect(desk.page.locator("[data-offline]")).to_be_visible()
    desk.page.context.set_offline(False)
    expect(desk.page.locator(".hit").first).to_be_visible(timeout=PATIENCE_MS)
    expect(desk.page.locator("[data-offline]")).to_be_hidden()
    desk.stack.script(default={})


def test_stop_ends_it(desk: Desk, shelf: str) -> None:
    desk.stack.script(default={"first_delay_s": 20})
    look_for(desk, "a question that is stopped")
    desk.page.get_by_role("button", name="Stop").click()
    desk.says("#found", "stopped before anything was found")
    desk.stack.script(default={})
    assert desk.row(desk.page.url.rsplit("/", 1)[1])["status"] == "cancelled"


def test_nobody_else_finds_it(open_desk: OpenDesk, alice: Person, mallory: Person, shelf: str) -> None:
    desk, stranger = open_desk(alice), open_desk(mallory)
    look_for(desk, "days of notice")
    expect(desk.page.locator(".hit").first).to_be_visible(timeout=PATIENCE_MS)
    stranger.expects_noise = True
    stranger.page.goto(desk.page.url)
    expect(stranger.page.get_by_role("heading")).to_have_text("There is nothing here")


@pytest.mark.parametrize(("snippet", "shell"), [("snippet-curl", ["bash", "-e"]), ("snippet-python", [sys.executable])])
def test_what_the_page_offers_to_copy_runs(desk: Desk, shelf: str, snippet: str, shell: list[str]) -> None:
    look_for(desk, 'It\'s "days" of $HOME `notice` \\n 😀')
    code = desk.page.locator(f"#{snippet}").text_content()
    environment = {"LINTEL_TOKEN": desk.person.token, "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(shell, input=code, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "ninety days of notice" in done.stdout
    sent = desk.stack.sql(
        "SELECT DISTINCT payload::text FROM requests_app_airequest WHERE user_id = %s", desk.person.id
    )
    assert len(sent) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_state_is_narrow_enough_and_free_of_barriers(
    open_desk: OpenDesk, alice: Person, shelf: str, scheme: str
) -> None:
    desk = open_desk(alice, color_scheme=scheme)
    for state in (empty, refused, hits, nothing):
        state(desk)
        for size in ({"width": 1280, "height": 800}, PHONE):
            desk.page.set_viewport_size(ViewportSize(width=size["width"], height=size["height"]))
            assert not desk.page.evaluate(WIDER), state
            found = Axe().run(desk.page).response["violations"]
            assert [each for each in found if each["impact"] in GRAVE] == [], state


def empty(desk: Desk) -> None:
    desk.page.goto(f"{desk.stack.base_url}/search")


def refused(desk: Desk) -> None:
    desk.expects_noise = True  # of the 400
    desk.page.get_by_role("main").get_by_role("button", name="Search").click()
    desk.page.get_by_role("alert").wait_for()


def hits(desk: Desk) -> None:
    look_for(desk, "the stone quay and the lease of the crane")
    expect(desk.page.locator(".hit").first).to_be_visible(timeout=PATIENCE_MS)
    for fold in desk.page.locator("details").all():
        fold.locator("summary").click()


def nothing(desk: Desk) -> None:
    desk.page.goto(f"{desk.stack.base_url}/search?q=zebra&min_score=1")
    desk.page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(desk.page.locator("#found .nothing")).to_be_visible(timeout=PATIENCE_MS)
