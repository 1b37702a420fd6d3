"""Documents on their way into the index: the page follows each by itself, and tells what came of it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, ViewportSize, expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import FAILING_MS, Desk
from tests.process.stack import Person, Stack
from tests.process.test_indexing import EMBEDDING

GRAVE = {"serious", "critical"}
PHONE: ViewportSize = {"width": 360, "height": 740}
WIDER = "document.documentElement.scrollWidth > innerWidth"
BROKEN = b"%PDF-1.7\n" + b"nothing of the kind\n" * 40
STORY = "\n\n".join(f"On day {n} stone number {n} was laid upon the quay by {n} masons." for n in range(40)).encode()


@pytest.fixture
def start_indexing(stack: Stack) -> Iterator[Callable[[], None]]:
    """Begins to index what is waiting, by a fake embedder."""
    before, others = stack.settings, list(stack.children)
    stack.settings = {**before, **EMBEDDING, "LINTEL_EMBEDDING_BASE_URL": f"{stack.fake_url}/v1"}
    stack.run("manage.py", "migrate", "--verbosity", "0")

    def start() -> None:
        stack.start_jobs()
        stack.start_beat()

    yield start
    for child in stack.children:
        if child not in others:
            child.tell_all(signal.SIGKILL)
            child.bury()
    stack.settings = before


def upload(desk: Desk, *files: tuple[str, bytes]) -> None:
    sent: list[FilePayload] = [{"name": name, "mimeType": "", "buffer": data} for name, data in files]
    desk.page.goto(f"{desk.stack.base_url}/documents")
    desk.page.set_input_files("input[type=file]", sent)
    expect(desk.page.locator("#list li")).to_have_count(len(files))


def grave(desk: Desk) -> list[str]:
    return [each["id"] for each in Axe().run(desk.page).response["violations"] if each["impact"] in GRAVE]


def fits(desk: Desk) -> bool:
    desk.page.set_viewport_size(PHONE)
    return not desk.page.evaluate(WIDER)


def test_each_file_is_followed_to_its_end(desk: Desk, start_indexing: Callable[[], None]) -> None:
    upload(desk, ("quay.txt", STORY), ("broken.pdf", BROKEN))
    waiting = desk.page.locator("#list .indexing", has_text="waiting to be read")
    expect(waiting).to_have_count(2)
    expect(desk.page.locator(".uploads .indexing progress")).to_have_count(2)
    assert grave(desk) == []
    desk.page.reload()
    expect(waiting).to_have_count(2)
    start_indexing()
    expect(desk.page.locator("#list .indexing", has_text="ready,")).to_have_count(1, timeout=FAILING_MS)
    expect(desk.page.locator("#list .indexing .wrong")).to_have_count(1, timeout=FAILING_MS)
    last = re.compile("quay: ready|broken: could not be indexed")  # or both, where they end at once
    expect(desk.page.get_by_role("status").filter(has_text=last)).to_have_count(1)
    assert grave(desk) == []
    assert fits(desk)


def test_its_page_shows_the_text_and_the_passages_that_came(desk: Desk, start_indexing: Callable[[], None]) -> None:
    upload(desk, ("page.html", b"<h1>The quay</h1><p>" + STORY.replace(b"\n\n", b"</p><p>") + b"</p>"))
    desk.page.locator("#list a").first.click()
    expect(desk.page.get_by_text("The text of this file has not been read yet.")).to_be_visible()
    desk.page.get_by_label("Title").fill("Typed meanwhile")
    start_indexing()
    expect(desk.page.get_by_text("Passages, as they are found")).to_be_visible(timeout=FAILING_MS)
    expect(desk.page.get_by_role("region", name="Text")).to_contain_text("stone number 7")
    expect(desk.page.get_by_label("Title")).to_have_value("Typed meanwhile")
    desk.page.locator("#knowledge summary").press("Enter")
    expect(desk.page.locator(".passages li").first).to_contain_text("stone number 0")
    assert grave(desk) == []
    assert fits(desk)


def test_a_failed_one_is_tried_again_without_scripts(
    open_desk: OpenDesk, alice: Person, start_indexing: Callable[[], None]
) -> None:
    desk = open_desk(alice, java_script_enabled=False)
    desk.page.goto(f"{desk.stack.base_url}/documents")
    desk.page.set_input_files("input[type=file]", {"name": "broken.pdf", "mimeType": "", "buffer": BROKEN})
    desk.page.get_by_role("button", name="Add", exact=True).click()
    [(key,)] = desk.stack.sql("SELECT id FROM documents_document WHERE owner_id = %s", desk.person.id)
    failed = "UPDATE ai_rag_knowledgedocument SET state = 'failed', error = 'It has a password.' WHERE source = %s"
    desk.stack.sql(failed, key)
    desk.page.goto(f"{desk.stack.base_url}/documents")
    expect(desk.page.locator("#list .wrong")).to_contain_text("It has a password.")
    desk.page.get_by_role("button", name="Try again").click()
    expect(desk.page.locator(".indexing")).to_contain_text("waiting to be read")
    assert desk.stack.sql("SELECT state FROM ai_rag_knowledgedocument WHERE source = %s", key) == [("staged",)]
