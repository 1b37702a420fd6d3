"""From a prompt's form to its request."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.stack import Person, directive

TEXT = "The **quay** 🏗️ must be rebuilt.\n\n- first\n- second\n\nThe rest can wait. " * 2
STOPS = 40  # of the keyboard, from the page's first to its text: each prompt is one


def test_a_text_is_sent_and_its_answer_grows(desk: Desk) -> None:
    request_id = desk.send(directive(text=TEXT, chunk_delay_s=0.1))
    part = desk.wait_for_text(20)
    assert TEXT.startswith(part)
    assert len(part) < len(TEXT)
    desk.wait_for_end()
    assert desk.raw() == TEXT == desk.row(request_id)["result"]
    expect(desk.page.locator("#answer strong").first).to_have_text("quay")


def test_the_address_is_that_of_the_request_at_once(desk: Desk) -> None:
    request_id = desk.send(directive(text=TEXT, first_delay_s=3))
    assert desk.row(request_id)["status"] in {"pending", "processing"}
    assert desk.raw() == ""
    desk.says("#answer", "The model is reading what you sent.")


def test_ctrl_enter_sends(desk: Desk) -> None:
    desk.write("A short text.")
    desk.page.keyboard.press("Control+Enter")
    assert desk.row(desk.arrived())["payload"]["document"] == "A short text."


def test_a_double_click_is_one_request(desk: Desk) -> None:
    desk.write("Once.")
    desk.page.get_by_role("button", name="Send").dblclick()
    desk.arrived()
    assert desk.count() == 1


def test_a_double_click_without_scripts_is_one_request(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, java_script_enabled=False)
    desk.write("Once.")
    desk.page.get_by_role("button", name="Send").dblclick()
    desk.arrived()
    assert desk.count() == 1


def test_a_mistake_is_named_and_nothing_is_lost(desk: Desk) -> None:
    desk.expects_noise = True  # the browser reports the 400
    desk.write("")
    desk.page.get_by_label("Length").select_option("five bullet points")
    desk.page.get_by_role("button", name="Send").click()
    expect(desk.page.get_by_role("alert")).to_be_focused()
    expect(desk.page.locator("#v-document")).to_have_attribute("aria-invalid", "true")
    expect(desk.page.get_by_label("Length")).to_have_value("five bullet points")
    assert desk.count() == 0


def test_too_long_a_text_is_counted_not_cut(desk: Desk) -> None:
    desk.write("😀" * 8_001, prompt="ticket_classify")
    expect(desk.page.locator("[data-count]")).to_have_text("8,001 / 8,000")
    expect(desk.page.locator("[data-count]")).to_have_class("optional nums js-only count-over")


def test_a_search_finds_a_prompt_and_an_example_fills_it(desk: Desk) -> None:
    desk.page.get_by_role("searchbox").fill("support")
    expect(desk.page.locator("[data-words]:visible")).to_have_count(1)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/?prompt=ticket_classify")
    desk.page.get_by_role("link", name="Fill in an example").click()
    expect(desk.page.locator("#v-ticket")).not_to_have_value("")
    example = desk.page.locator("#v-ticket").input_value()
    desk.page.get_by_role("button", name="Send").click()
    row = desk.row(desk.arrived())
    assert (row["prompt_key"], row["payload"]) == ("ticket_classify", {"ticket": example})


def test_everything_is_reached_by_keyboard(desk: Desk) -> None:
    desk.page.goto(f"{desk.stack.base_url}/?prompt=document_summary")
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    desk.page.keyboard.press("Enter")
    for _ in range(STOPS):
        desk.page.keyboard.press("Tab")
        if desk.page.evaluate("document.activeElement.id") == "v-document":
            break
    desk.page.keyboard.type("Typed by hand.")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("button", name="Send")).to_be_focused()
    desk.page.keyboard.press("Enter")
    assert desk.row(desk.arrived())["payload"]["document"] == "Typed by hand."


def test_the_list_of_last_requests_follows_their_state(desk: Desk) -> None:
    request_id = desk.send(directive(text=TEXT, first_delay_s=8, chunk_delay_s=0.02))
    desk.page.get_by_role("link", name="Run", exact=True).first.click()
    row = desk.page.locator(f"#recent a[href$='{request_id}']")
    expect(row.locator(".status")).to_have_text("running")
    expect(row.locator(".status")).to_have_text("done", timeout=PATIENCE_MS)


def test_a_demonstration_log_in_is_one_click(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice)
    desk.page.get_by_role("button", name="Log out").click()
    desk.page.get_by_role("button", name="Fill in demo").click()
    expect(desk.page.get_by_label("Name")).to_have_value("demo")
    expect(desk.page.get_by_label("Password")).to_have_value("demo")
