"""History: live rows, choosing and cancelling, filters without a reload, what is said when nothing can be reached."""

from __future__ import annotations

import csv
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.client import submit
from tests.process.stack import Person, directive

SLOW = directive(text="word " * 2_000, chunk_delay_s=0.05)
SOON = directive(text="Soon over.", first_delay_s=2)
SHORT = directive(text="Short.")


def open_history(desk: Desk, query: str = "") -> None:
    desk.page.goto(f"{desk.stack.base_url}/history{query}")


def sent(desk: Desk, text: str, *, prompt: str = "document_summary") -> str:
    return submit(desk.stack, desk.person, text, prompt=prompt)


def ended(desk: Desk, text: str = SHORT) -> str:
    desk.send(text)
    desk.wait_for_end()
    return desk.arrived()


def status(desk: Desk, request_id: str) -> str:
    return str(desk.row(request_id)["status"])


def expect_status(desk: Desk, request_id: str, words: str) -> None:
    expect(desk.page.locator(f"#row-{request_id} .status")).to_have_text(words, timeout=PATIENCE_MS)


def test_a_row_follows_its_request_to_the_end_and_then_nothing_is_asked(desk: Desk) -> None:
    request_id = sent(desk, SOON)
    open_history(desk)
    expect(desk.page.locator("[data-beam]")).to_have_attribute("data-state", "processing")
    expect_status(desk, request_id, "done")
    assert status(desk, request_id) == "done"
    expect(desk.page.locator("[data-said]")).to_have_text("Document summary: done.")
    expect(desk.page.locator("[data-beam]")).to_have_attribute("data-state", "ready")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.page.wait_for_timeout(2_500)
    assert asked == []


def test_a_hidden_tab_asks_nothing(desk: Desk) -> None:
    sent(desk, SLOW)
    desk.page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.away ?? false })")
    open_history(desk)
    with desk.page.expect_response("**/history/rows?*"):
        pass
    desk.page.evaluate("window.away = true")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.page.wait_for_timeout(2_500)
    assert asked == []
    with desk.page.expect_request("**/history/rows?*"):
        desk.page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")


def test_what_is_chosen_is_cancelled_and_the_rest_goes_on(desk: Desk) -> None:
    kept, first, second = (sent(desk, SLOW) for _ in range(3))
    open_history(desk)
    expect(desk.page.get_by_role("button", name="Cancel selected")).to_be_hidden()
    desk.page.locator(f"#row-{first} [data-pick]").check()
    desk.page.locator(f"#row-{second} [data-pick]").check()
    expect(desk.page.locator("[data-count]")).to_have_text("2 selected")
    desk.page.get_by_role("button", name="Cancel selected").click()
    expect(desk.page.locator(".messages")).to_contain_text(re.compile("stops? now|Cancelled"))
    for request_id in (first, second):
        expect_status(desk, request_id, "cancelled")
        assert status(desk, request_id) == "cancelled"
    assert status(desk, kept) == "processing"


def test_a_choice_survives_what_happens_in_other_rows(desk: Desk) -> None:
    slow, soon = sent(desk, SLOW), sent(desk, SOON)
    open_history(desk)
    desk.page.locator(f"#row-{slow} [data-pick]").check()
    expect_status(desk, soon, "done")
    expect(desk.page.locator(f"#row-{slow} [data-pick]")).to_be_checked()
    expect(desk.page.locator("[data-count]")).to_have_text("1 selected")


def test_all_that_runs_is_chosen_at_once(desk: Desk) -> None:
    ended(desk)
    running = [sent(desk, SLOW), sent(desk, SLOW)]
    open_history(desk)
    desk.page.get_by_label("Choose all on this page").check()
    desk.page.get_by_role("button", name="Cancel selected").click()
    for request_id in running:
        expect_status(desk, request_id, "cancelled")
        assert status(desk, request_id) == "cancelled"


def test_cancelling_works_without_scripts(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, java_script_enabled=False)
    request_id = sent(desk, SLOW)
    open_history(desk)
    desk.page.locator(f"#row-{request_id} [data-pick]").check()
    desk.page.get_by_role("button", name="Cancel selected").click()
    desk.page.wait_for_url("**/history")
    expect(desk.page.locator(".messages")).to_contain_text(re.compile("stops? now|Cancelled"))
    row = desk.row(request_id)
    assert row["cancelling"] or row["status"] == "cancelled"


def test_a_filter_changes_the_list_and_the_address_but_not_the_focus(desk: Desk) -> None:
    request_id = ended(desk)
    open_history(desk)
    pill = desk.page.get_by_role("checkbox", name="failed")
    pill.focus()
    desk.page.keyboard.press("Space")
    expect(desk.page.locator("#results")).to_contain_text("No request fits these filters")
    assert desk.page.url.endswith("/history?status=failed")
    expect(pill).to_be_focused()
    desk.page.go_back()
    expect(desk.page.locator(f"#row-{request_id}")).to_be_visible()
    expect(desk.page.get_by_role("checkbox", name="failed")).not_to_be_checked()


def test_days_are_those_of_the_viewers_clock(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, timezone_id="Pacific/Kiritimati", locale="en-GB")
    request_id = ended(desk)
    moment = "2026-03-09 23:30+00"
    desk.stack.sql("UPDATE requests_app_airequest SET created = %s WHERE id = %s", moment, request_id)
    open_history(desk)
    expect(desk.page.locator(f"#row-{request_id} time")).to_have_text(re.compile("^10 Mar.* 13:30$"))
    desk.page.get_by_label("From").fill("2026-03-10")
    desk.page.get_by_role("button", name="Filter").click()
    desk.page.wait_for_url("**/history?*tz=Pacific%2FKiritimati*")
    expect(desk.page.locator(f"#row-{request_id}")).to_be_visible()
    desk.page.get_by_label("From").fill("2026-03-11")
    desk.page.get_by_role("button", name="Filter").click()
    expect(desk.page.locator("#results")).to_contain_text("No request fits these filters")


def test_times_without_scripts_say_their_zone(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, java_script_enabled=False, timezone_id="Pacific/Kiritimati")
    sent(desk, SHORT)
    open_history(desk)
    expect(desk.page.locator(".sent-at time").first).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d UTC$"))


def test_a_server_out_of_reach_is_said_and_made_good(desk: Desk) -> None:
    desk.expects_noise = True
    request_id = sent(desk, SOON)
    open_history(desk)
    desk.context.set_offline(True)
    expect(desk.page.locator("[data-offline]")).to_be_visible(timeout=PATIENCE_MS)
    desk.context.set_offline(False)
    expect_status(desk, request_id, "done")
    expect(desk.page.locator("[data-offline]")).to_be_hidden(timeout=PATIENCE_MS)


def test_a_log_out_elsewhere_leads_to_the_log_in(desk: Desk) -> None:
    desk.expects_noise = True  # the browser reports the 401
    sent(desk, SLOW)
    open_history(desk)
    other = desk.context.new_page()
    other.goto(f"{desk.stack.base_url}/")
    other.get_by_role("button", name="Log out").click()
    other.wait_for_url("**/login")
    desk.page.wait_for_url("**/login?next=/history", timeout=PATIENCE_MS)


def test_a_row_leads_to_its_request(desk: Desk) -> None:
    request_id = ended(desk)
    open_history(desk)
    desk.page.locator(f"#row-{request_id} .cost").click(force=True)  # the link covers its whole row
    desk.page.wait_for_url(f"**/requests/{request_id}")
    desk.page.locator(".back").click()
    desk.page.wait_for_url("**/history")


def test_csv_is_the_list_on_the_page(desk: Desk) -> None:
    done = ended(desk)
    sent(desk, SLOW)
    open_history(desk, "?status=done")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Download CSV").click()
    with download.value.path().open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["status"], row["cost_usd"]) for row in rows] == [(done, "done", "0.000000000000")]


@pytest.mark.parametrize(("snippet", "shell"), [("snippet-curl", ["bash", "-e"]), ("snippet-python", [sys.executable])])
def test_what_the_page_offers_to_copy_runs(desk: Desk, snippet: str, shell: list[str]) -> None:
    done, other = ended(desk), sent(desk, SLOW)
    open_history(desk, "?status=done")
    code = desk.page.locator(f"#{snippet}").text_content()
    environment = {"LINTEL_TOKEN": desk.person.token, "PATH": "/usr/bin:/bin"}
    found = subprocess.run(shell, input=code, env=environment, capture_output=True, text=True, timeout=30)
    assert found.returncode == 0, found.stderr
    assert done in found.stdout
    assert other not in found.stdout
