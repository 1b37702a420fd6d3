"""Rating an answer where it stands: with and without scripts, changed, taken back; the database is asked each time."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.stack import Person, directive

SHORT = directive(text="Short.")


def stored(desk: Desk, request_id: str) -> list[tuple[object, ...]]:
    query = "SELECT rating, comment, tags FROM requests_app_aioutputfeedback WHERE request_id = %s"
    return [tuple(row) for row in desk.stack.sql(query, request_id)]


def expect_pressed(desk: Desk, name: str, *, pressed: bool = True) -> None:
    thumb = desk.page.locator("#feedback").get_by_role("button", name=name, exact=True)
    expect(thumb).to_have_attribute("aria-pressed", str(pressed).lower(), timeout=PATIENCE_MS)


@pytest.mark.parametrize("scripts", [True, False])
def test_thumb_comment_change_and_back(open_desk: OpenDesk, alice: Person, scripts: bool) -> None:
    desk = open_desk(alice, java_script_enabled=scripts)
    request_id = desk.send(SHORT)
    below = desk.page.locator("#feedback")
    below.get_by_role("button", name="No").click(timeout=PATIENCE_MS)
    expect_pressed(desk, "No")
    assert stored(desk, request_id) == [(-1, "", [])]

    below.get_by_label("Too long").check()
    below.get_by_label("Comment").fill("One word\nwould do.")
    with desk.page.expect_response("**/feedback"):
        below.get_by_role("button", name="Save").click()
    desk.page.goto(f"{desk.stack.base_url}/requests/{request_id}")
    expect(below.get_by_label("Too long")).to_be_checked()
    assert stored(desk, request_id) == [(-1, "One word\nwould do.", ["too long"])]
    expect(below.get_by_label("Comment")).to_have_value("One word\nwould do.")

    below.get_by_role("button", name="Yes").click()
    expect_pressed(desk, "Yes")
    expect_pressed(desk, "No", pressed=False)
    assert stored(desk, request_id) == [(1, "One word\nwould do.", ["too long"])]

    below.get_by_role("button", name="Take back").click()
    expect_pressed(desk, "Yes", pressed=False)
    assert stored(desk, request_id) == []


def test_by_keyboard_nothing_typed_is_lost_and_all_is_said(desk: Desk) -> None:
    request_id = desk.send(SHORT)
    desk.wait_for_end()
    desk.come_to_rest()
    desk.page.locator("#thumb-up").focus(timeout=PATIENCE_MS)
    desk.page.keyboard.press("Enter")
    expect_pressed(desk, "Yes")
    expect(desk.page.locator("#thumb-up")).to_be_focused()
    desk.says("[data-log]", "Saved. Thank you.")
    desk.page.locator("#feedback-comment").fill("Not saved yet.")
    desk.page.locator("#thumb-down").press("Enter")  # the words go with it
    expect_pressed(desk, "No")
    assert stored(desk, request_id) == [(-1, "Not saved yet.", [])]
    desk.page.get_by_label("Wrong").press("Space")
    with desk.page.expect_response("**/feedback"):
        desk.page.get_by_label("Wrong").press("Enter")  # saves, and keeps the thumb
    desk.page.reload()
    assert stored(desk, request_id) == [(-1, "Not saved yet.", ["wrong"])]
    desk.page.locator("#feedback-back").press("Enter")
    expect_pressed(desk, "No", pressed=False)
    expect(desk.page.locator("#thumb-up")).to_be_focused()
    desk.says("[data-log]", "Taken back.")
    assert stored(desk, request_id) == []


def test_thumbs_come_without_moving_what_is_below(desk: Desk) -> None:
    desk.send(directive(text="word " * 60, first_delay_s=6))
    bar = desk.page.locator("#feedback")
    expect(bar).to_be_visible()
    before = bar.bounding_box()
    desk.wait_for_end()
    expect(desk.page.locator("#thumb-up")).to_be_visible(timeout=PATIENCE_MS)
    after = bar.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] == pytest.approx(before["height"], abs=1)


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_scrolls_sideways(desk: Desk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 740})
    desk.send(SHORT)
    desk.page.locator("#thumb-down").click(timeout=PATIENCE_MS)
    expect_pressed(desk, "No")
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
