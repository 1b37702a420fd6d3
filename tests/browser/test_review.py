"""Reviewers at work: kept back, judged by keyboard, taken back, carried out; the asker's page follows by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.browser.reviewers import carry_out, clear, go, hold, of, reviewer_at
from tests.process.stack import Stack

MODELS = "Take 850 mg of metformin [12 Feb]."
EDITED = "Takes 850 mg of **metformin** [12 Feb]."
OPEN_AND_LOOK = "() => { document.getElementById('reject').click(); return document.activeElement.id; }"


@pytest.fixture
def bob(open_desk: OpenDesk, stack: Stack) -> Desk:
    """Who may judge; nothing waits but what the test asks for."""
    clear(stack)
    return reviewer_at(open_desk, stack)


def at(desk: Desk, item: str) -> None:
    desk.page.wait_for_url(f"**/review/{item}")


def test_edited_text_reaches_the_open_page_of_who_asked(desk: Desk, bob: Desk) -> None:
    request, item = hold(desk, MODELS)
    desk.says("#answer", "The answer is being reviewed.")
    assert desk.raw() == ""
    go(bob)
    bob.page.get_by_role("button", name="Take the next").click()
    at(bob, item)
    bob.page.keyboard.press("e")
    expect(bob.page.locator("#text")).to_be_focused()
    expect(bob.page.locator("#text")).to_have_value(MODELS)
    bob.page.locator("#text").fill(EDITED)
    bob.page.keyboard.press("Control+Enter")
    bob.page.wait_for_url("**/review")
    expect(bob.page.get_by_role("status").filter(has_text="Approved with your changes.")).to_be_visible()
    assert of(bob, item, "verdict", "text", "edited_text") == ("edited", MODELS, EDITED)
    assert desk.row(request)["status"] == "review"
    carry_out(bob, item)
    expect(desk.page.locator("#answer strong")).to_have_text("metformin", timeout=PATIENCE_MS)
    desk.says("#headline .status", "done")
    desk.says("#beside", "A reviewer changed it and approved it.")
    assert desk.row(request)["result"] == EDITED


def test_rejection_reaches_the_open_page_with_its_reason(desk: Desk, bob: Desk) -> None:
    request, item = hold(desk, MODELS)
    go(bob, item)
    bob.page.get_by_role("button", name="Take it").click()
    bob.page.locator("#reject").wait_for()
    bob.page.keyboard.press("r")
    bob.page.keyboard.type("The dose is not in the records.")
    bob.page.get_by_role("button", name="Reject the answer").click()
    bob.page.wait_for_url("**/review")
    carry_out(bob, item)
    desk.says("#notices", "The dose is not in the records.")
    assert desk.raw() == ""
    assert (desk.row(request)["status"], desk.row(request)["result"]) == ("rejected", None)


def test_keys_lead_through_the_list_and_the_next_comes_by_itself(desk: Desk, bob: Desk) -> None:
    items = [hold(desk, f"Answer {number}.")[1] for number in range(3)]
    go(bob)
    for key in "jjkj":
        bob.page.keyboard.press(key)
    expect(bob.page.locator(f"#open-{items[1]}")).to_be_focused()
    bob.page.keyboard.press("Enter")
    at(bob, items[1])
    bob.page.keyboard.press("k")
    at(bob, items[0])
    assert of(bob, items[1], "claimed_by_id") == (None,)
    bob.page.keyboard.press("j")
    at(bob, items[1])
    bob.page.keyboard.press("a")
    at(bob, items[2])
    assert [of(bob, item, "verdict")[0] for item in items] == ["", "approved", ""]
    bob.page.get_by_role("button", name="Undo").click()
    at(bob, items[1])
    expect(bob.page.locator("#approve")).to_be_visible()
    assert of(bob, items[1], "verdict", "decided_by_id") == ("", None)


def test_undo_is_offered_no_longer_than_it_is_to_be_had(desk: Desk, bob: Desk) -> None:
    request, item = hold(desk, MODELS)
    go(bob, item)
    bob.page.get_by_role("button", name="Take it").click()
    bob.page.locator("#approve").click()
    undo = bob.page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(undo).to_have_count(0, timeout=PATIENCE_MS)
    desk.wait_for_end()
    assert desk.row(request)["result"] == MODELS


def test_letters_that_are_typed_or_turned_off_do_nothing(desk: Desk, bob: Desk) -> None:
    _request, item = hold(desk, MODELS)
    go(bob, item)
    bob.page.get_by_role("button", name="Take it").click()
    bob.page.locator("#reject").wait_for()
    assert bob.page.evaluate(OPEN_AND_LOOK) == "reject-note"
    bob.page.keyboard.type("a e j k")
    bob.page.keyboard.press("Escape")
    bob.page.get_by_label("Keys").uncheck()
    bob.page.locator("#answer-title").focus()
    bob.page.keyboard.press("a")
    expect(bob.page.locator("#reject-note")).to_have_value("a e j k")
    bob.page.reload()
    bob.page.keyboard.press("a")
    expect(bob.page.get_by_label("Keys")).not_to_be_checked()
    assert of(bob, item, "verdict") == ("",)


def test_list_catches_up_by_itself(desk: Desk, bob: Desk) -> None:
    go(bob)
    expect(bob.page.get_by_text("Nothing waits for a verdict")).to_be_visible()
    _request, item = hold(desk, MODELS)
    expect(bob.page.locator(f"#open-{item}")).to_be_visible(timeout=PATIENCE_MS)
    bob.expects_noise = True
    bob.context.set_offline(True)
    expect(bob.page.locator("[data-offline]")).to_be_visible(timeout=PATIENCE_MS)


def test_everything_is_a_form_without_scripts(desk: Desk, open_desk: OpenDesk, stack: Stack) -> None:
    clear(stack)
    request, item = hold(desk, MODELS)
    bob = reviewer_at(open_desk, stack, java_script_enabled=False)
    bob.page.locator("nav a[href='/review']").click()
    bob.page.get_by_role("button", name="Medical summary").click()
    bob.page.locator("#edit").click()
    bob.page.locator("#text").fill(EDITED)
    bob.page.get_by_role("button", name="Approve this text").click()
    bob.page.get_by_role("button", name="Undo").click()
    expect(bob.page.locator("#text")).to_have_value(EDITED)
    bob.page.get_by_role("button", name="Approve this text").click()
    bob.page.get_by_role("button", name="Undo").wait_for()
    carry_out(bob, item)
    desk.wait_for_end()
    assert desk.row(request)["result"] == EDITED
