"""Stop, run again, edit and run again."""

from __future__ import annotations

import signal

import pytest
from playwright.sync_api import expect

from config.local.child import Child
from tests.browser.desk import Desk
from tests.process.stack import directive

LONG = "One word after another, without an end. " * 50
SLOW = {"text": LONG, "chunk_chars": 5, "chunk_delay_s": 0.05}


@pytest.mark.parametrize("way", ["button", "escape"])
def test_stop_keeps_the_part_and_says_what_it_cost(desk: Desk, way: str) -> None:
    request_id = desk.send(directive(**SLOW))
    desk.wait_for_text(30)
    if way == "button":
        desk.page.get_by_role("button", name="Stop").click()
    else:
        desk.page.keyboard.press("Escape")
    desk.wait_for_end()
    row = desk.row(request_id)
    assert row["status"] == "cancelled"
    assert 30 <= len(row["partial"]) < len(LONG)
    assert desk.raw() == row["partial"]
    desk.says("#notices", "What had been written is kept. It cost")
    expect(desk.page.locator("#headline .status")).to_have_text("cancelled")


def test_run_again_is_a_new_request(desk: Desk) -> None:
    request_id = desk.send(directive(text="Short."))
    desk.wait_for_end()
    desk.page.get_by_role("button", name="Run again").dblclick()
    desk.page.wait_for_url(lambda url: "/requests/" in url and request_id not in url)
    desk.wait_for_end()
    assert desk.row(desk.arrived())["retry_of"] == request_id
    assert desk.count() == 2


def test_edit_and_run_again_starts_from_what_was_sent(desk: Desk) -> None:
    text = directive(text="Short.")
    desk.send(text)
    desk.wait_for_end()
    desk.page.get_by_role("link", name="Edit and run again").click()
    field = desk.page.locator("#v-document")
    expect(field).to_have_value(text)
    field.press("Control+End")
    field.press_sequentially(" And more.")
    desk.page.get_by_role("button", name="Send").click()
    desk.page.wait_for_url("**/requests/*")
    desk.wait_for_end()
    assert desk.row(desk.arrived())["payload"]["document"].endswith(" And more.")


def test_focus_moves_on_when_its_button_goes(desk: Desk) -> None:
    desk.send(directive(text="A few words.", first_delay_s=4.0))
    desk.page.locator("#stop").focus()
    desk.wait_for_end()
    expect(desk.page.locator("#answer-title")).to_be_focused()


def test_stop_ends_at_once_what_no_worker_holds(desk: Desk, standing_worker: Child) -> None:
    standing_worker.tell_all(signal.SIGSTOP)
    try:
        request_id = desk.send("Nobody takes this.")
        desk.page.get_by_role("button", name="Stop").click()
        expect(desk.page.locator("#answer")).to_have_text("Nothing was written.", timeout=4_000)
        desk.says("#notices", "It cost nothing.")
        assert desk.row(request_id)["status"] == "cancelled"
    finally:
        standing_worker.tell_all(signal.SIGCONT)
