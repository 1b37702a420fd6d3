"""Deleting with and without scripts, by mouse and by keyboard, and the way back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.client import submit
from tests.process.stack import Person, directive

SHORT = directive(text="Short.")
SLOW = directive(text="word " * 2_000, chunk_delay_s=0.05)


def sent(desk: Desk, text: str) -> str:
    return submit(desk.stack, desk.person, text)


def go(desk: Desk, path: str) -> None:
    desk.page.goto(f"{desk.stack.base_url}{path}")


def is_deleted(desk: Desk, request_id: str) -> bool:
    [(moment,)] = desk.stack.sql("SELECT deleted_at FROM requests_app_airequest WHERE id = %s", request_id)
    return moment is not None


def expect_row(desk: Desk, request_id: str, *, there: bool = True) -> None:
    expect(desk.page.locator(f"#row-{request_id}")).to_have_count(int(there), timeout=PATIENCE_MS)


@pytest.mark.parametrize("scripts", [True, False])
def test_delete_and_undo_from_the_page_of_a_request(open_desk: OpenDesk, alice: Person, scripts: bool) -> None:
    desk = open_desk(alice, java_script_enabled=scripts)
    request_id = desk.send(SHORT)
    expect(desk.page.locator("#headline .status")).to_have_text("done", timeout=PATIENCE_MS)
    desk.page.get_by_role("button", name="Delete").click()
    desk.page.wait_for_url("**/history")
    assert is_deleted(desk, request_id)
    expect_row(desk, request_id, there=False)
    desk.page.get_by_role("button", name="Undo").click()
    desk.says(".messages", "Restored one request.")
    expect_row(desk, request_id)
    assert desk.row(request_id)["result"] == "Short."


def test_running_one_ends_with_it(desk: Desk) -> None:
    request_id = desk.send(SLOW)
    desk.wait_for_text(10)
    expect(desk.page.get_by_role("button", name="Delete")).to_have_accessible_description(
        "It is cancelled, as it has not ended. What was written can be restored for seven days."
    )
    desk.page.get_by_role("button", name="Delete").click()
    desk.says(".messages", "One had not ended and was cancelled.")
    go(desk, "/history?deleted=yes")
    desk.page.locator(f"#row-{request_id}").get_by_role("button", name="Restore").click()
    desk.says(".messages", "Restored one request.")
    go(desk, f"/requests/{request_id}")
    expect(desk.page.locator("#headline .status")).to_have_text("cancelled", timeout=PATIENCE_MS)
    assert desk.row(request_id)["status"] == "cancelled"


def test_chosen_ones_go_and_come_back_by_keyboard(desk: Desk) -> None:
    kept, first, second = (sent(desk, SHORT) for _ in range(3))
    go(desk, "/history")
    for request_id in (first, second):
        desk.page.locator(f"#row-{request_id} [data-pick]").focus()
        desk.page.keyboard.press("Space")
    desk.page.keyboard.press("Enter")  # in a box it sends nothing
    desk.page.get_by_role("button", name="Delete selected").press("Enter")
    desk.says(".messages", "Deleted 2 requests.")
    expect_row(desk, kept)
    assert [is_deleted(desk, each) for each in (kept, first, second)] == [False, True, True]
    desk.page.get_by_role("checkbox", name="Deleted").focus()
    desk.page.keyboard.press("Space")
    expect_row(desk, first)
    expect_row(desk, kept, there=False)
    assert desk.page.url.endswith("/history?deleted=yes")
    desk.page.get_by_label("Choose all on this page").press("Space")
    expect(desk.page.locator("[data-count]")).to_have_text("2 selected")
    desk.page.get_by_role("button", name="Restore selected").press("Enter")
    desk.says(".messages", "Restored 2 requests.")
    assert not any(is_deleted(desk, each) for each in (kept, first, second))


@pytest.mark.parametrize("scripts", [True, False])
def test_row_s_button_restores_its_row_alone(open_desk: OpenDesk, alice: Person, scripts: bool) -> None:
    desk = open_desk(alice, java_script_enabled=scripts)
    chosen, other = sent(desk, SHORT), sent(desk, SHORT)
    with desk.stack.client(desk.person) as http:
        for each in (chosen, other):
            assert http.delete(f"/api/v1/requests/{each}").status_code == 204
    go(desk, "/history?deleted=yes")
    desk.page.locator(f"#row-{chosen} [data-pick]").check()
    desk.page.locator(f"#row-{other}").get_by_role("button", name="Restore").click()
    desk.says(".messages", "Restored one request.")
    assert desk.page.url.endswith("/history?deleted=yes")
    assert (is_deleted(desk, chosen), is_deleted(desk, other)) == (True, False)


def test_cancel_is_offered_for_what_has_not_ended(desk: Desk) -> None:
    done = desk.send(SHORT)
    desk.wait_for_end()
    slow = sent(desk, SLOW)
    go(desk, "/history")
    cancel = desk.page.get_by_role("button", name="Cancel selected")
    desk.page.locator(f"#row-{done} [data-pick]").check()
    expect(desk.page.get_by_role("button", name="Delete selected")).to_be_visible()
    expect(cancel).to_be_hidden()
    desk.page.locator(f"#row-{slow} [data-pick]").check()
    expect(cancel).to_be_visible()


def test_row_that_is_deleted_elsewhere_goes(desk: Desk) -> None:
    kept, gone = sent(desk, SLOW), sent(desk, SLOW)
    go(desk, "/history")
    expect_row(desk, gone)
    with desk.stack.client(desk.person) as http:
        assert http.delete(f"/api/v1/requests/{gone}").status_code == 204
    expect_row(desk, gone, there=False)
    expect_row(desk, kept)


def test_page_that_is_deleted_elsewhere_says_so(desk: Desk) -> None:
    desk.expects_noise = True  # the browser reports each 404
    request_id = desk.send(SLOW)
    desk.wait_for_text(10)
    with desk.stack.client(desk.person) as http:
        assert http.delete(f"/api/v1/requests/{request_id}").status_code == 204
    expect(desk.page.locator("[data-deleted]")).to_contain_text("This request was deleted", timeout=PATIENCE_MS)
    desk.page.locator("[data-deleted] a").click()
    desk.page.wait_for_url("**/history?deleted=yes")
    expect_row(desk, request_id)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_scrolls_sideways(desk: Desk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 740})
    fits = "document.documentElement.scrollWidth <= innerWidth"
    desk.send(SHORT)
    desk.wait_for_end()
    assert desk.page.evaluate(fits)
    desk.page.get_by_role("button", name="Delete").click()
    desk.page.get_by_role("button", name="Undo").wait_for()
    assert desk.page.evaluate(fits)
    go(desk, "/history?deleted=yes")
    expect(desk.page.get_by_role("button", name="Restore", exact=False).first).to_be_visible()
    assert desk.page.evaluate(fits)
