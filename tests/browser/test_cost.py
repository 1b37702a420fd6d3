"""What is sent is seen on the Cost page, told in every way, and taken away as CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.client import submit
from tests.process.stack import Person, directive, wait_for

CALLS = "SELECT calls FROM requests_app_usageday WHERE scope = 'user' AND scope_id = %s AND dimension = 'total'"
LOGGED = "SELECT sum(output_tokens) FROM ai_llmusagelog WHERE subject = %s"
PIXELS = """canvas => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return data.some((value) => value > 0);
}"""


def send_and_count(desk: Desk) -> None:
    """Until a keeper has counted the call."""
    desk.send(directive(text="Done."))
    desk.wait_for_end()
    wait_for(lambda: desk.stack.sql(CALLS, desk.person.id), what="the call to be counted", seconds=60)


def test_what_was_sent_is_told_and_taken_away(desk: Desk, tmp_path: Path) -> None:
    send_and_count(desk)
    desk.page.get_by_role("link", name="Cost", exact=True).click()
    expect(desk.page.get_by_role("rowheader", name="document_summary")).to_be_visible()
    assert desk.page.locator("figure canvas").evaluate(PIXELS)
    desk.page.get_by_role("link", name="Model", exact=True).click()
    desk.page.wait_for_url("**/cost?*by=model*")
    expect(desk.page.get_by_role("heading", name="Cost by model")).to_be_visible()
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Download CSV").click()
    download.value.save_as(tmp_path / "cost.csv")
    [first, total] = list(csv.DictReader((tmp_path / "cost.csv").open()))
    [(tokens,)] = desk.stack.sql(LOGGED, desk.person.id)
    assert (int(first["output_tokens"]), total["model"], total["calls"]) == (tokens, "Total", "1")


@pytest.mark.parametrize("scripts", [True, False])
def test_page_is_whole_with_and_without_scripts(open_desk: OpenDesk, alice: Person, *, scripts: bool) -> None:
    desk = open_desk(alice, java_script_enabled=scripts)
    desk.page.goto(f"{desk.stack.base_url}/cost?days=30")
    expect(desk.page.get_by_text("Nothing was used in this time")).to_be_visible()
    submit(desk.stack, desk.person, directive(text="Done."))
    wait_for(lambda: desk.stack.sql(CALLS, desk.person.id), what="the call to be counted", seconds=60)
    desk.page.goto(f"{desk.stack.base_url}/cost?days=30")
    expect(desk.page.get_by_role("rowheader", name="document_summary")).to_be_visible()
    expect(desk.page.locator("figure[data-chart]")).to_be_visible(visible=scripts)
    desk.page.get_by_text("The days in figures").click()
    expect(desk.page.locator("#days tbody tr")).to_have_count(30)


def test_chart_follows_the_theme(desk: Desk) -> None:
    send_and_count(desk)
    desk.page.goto(f"{desk.stack.base_url}/cost")
    canvas = desk.page.locator("figure canvas")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    desk.page.get_by_role("button", name="Dark theme").click()
    expect(desk.page.locator("html[data-theme]")).to_be_attached(timeout=PATIENCE_MS)
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before
