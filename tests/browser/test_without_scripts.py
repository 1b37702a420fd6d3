"""Submit, poll and stop with JavaScript switched off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.stack import Person, directive

TEXT = "Plain **pages** are enough.\n\nReally."


@pytest.fixture
def desk(open_desk: OpenDesk, alice: Person) -> Desk:
    return open_desk(alice, java_script_enabled=False)


def test_an_answer_arrives_by_itself(desk: Desk) -> None:
    request_id = desk.send(directive(text=TEXT, first_delay_s=1, chunk_delay_s=0.05))
    expect(desk.page.locator("#answer strong")).to_have_text("pages", timeout=PATIENCE_MS)
    expect(desk.page.locator("#headline .status")).to_have_text("done", timeout=PATIENCE_MS)
    assert desk.row(request_id)["result"] == TEXT


def test_stop_is_a_form(desk: Desk) -> None:
    request_id = desk.send(directive(text="word " * 400, chunk_delay_s=0.05))
    desk.page.get_by_role("button", name="Stop").click()
    expect(desk.page.locator("#headline .status")).to_have_text("cancelled", timeout=PATIENCE_MS)
    assert desk.row(request_id)["status"] == "cancelled"


def test_buttons_that_need_scripts_are_not_shown(desk: Desk) -> None:
    expect(desk.page.get_by_role("button", name="Dark theme")).to_be_hidden()
    desk.send("A text.")
    expect(desk.page.get_by_role("button", name="Copy")).to_have_count(0)
