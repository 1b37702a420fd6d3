"""Quality at a browser: read the report, look at its figures, find the bad ones, close what it opened."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import Desk
from tests.browser.figures import fill, forget
from tests.browser.test_looks import FAINT, NAMELESS, fits
from tests.process.client import submit
from tests.process.stack import Person, directive, wait_for

CLOSED = "SELECT note, closed_by_id::text FROM requests_app_promptreview WHERE closed IS NOT NULL"
ADMIN = "UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE id = %s"
COUNTED = "SELECT 1 FROM requests_app_qualityday WHERE done > 0"
CHARTS = "() => [...document.querySelectorAll('figure[data-chart] canvas')].filter((c) => c.width > 0).length"


def go(desk: Desk, path: str = "") -> None:
    desk.page.goto(f"{desk.stack.base_url}/quality{path}")


def read_by(desk: Desk) -> Desk:
    desk.be_staff()
    return desk


def test_report_is_read_from_the_page_as_it_stands_in_the_database(desk: Desk) -> None:
    fill(read_by(desk).stack)
    go(desk)
    [(day, done, failed)] = desk.stack.sql(
        "SELECT day::text, document->'whole'->>'done', document->'whole'->>'failed' FROM requests_app_qualityreport"
    )
    desk.page.get_by_role("link", name=day, exact=True).click()
    desk.page.wait_for_url(f"**/quality/{day}")
    row = desk.page.locator("[data-section=day] tr")
    expect(row.filter(has_text="Done")).to_contain_text(f"{int(done):,}")
    expect(row.filter(has_text="Failed")).to_contain_text(f"{int(failed):,} (")
    expect(desk.page.locator("[data-section=below]")).to_contain_text("rag_answer@1")


def test_each_chart_is_drawn_from_the_table_beneath_it(desk: Desk) -> None:
    fill(read_by(desk).stack)
    go(desk, "?days=30")
    expect(desk.page.locator("figure[data-chart] canvas").first).to_be_visible()
    drawn = desk.page.locator("figure[data-chart]")
    assert desk.page.evaluate(CHARTS) == drawn.count() == 6
    for figure in drawn.all():
        table = desk.page.locator(f"#{figure.get_attribute('data-table')}")
        assert table.locator("tbody tr").count() >= 8
    [(up, down)] = desk.stack.sql(
        "SELECT sum(up)::int, sum(down)::int FROM requests_app_qualityday"
        " WHERE prompt_key = 'rag_answer' AND prompt_version = '1'"
    )
    worst = desk.page.locator("#table-approval tbody tr").first
    expect(worst).to_contain_text(f"{100 * up / (up + down):.1f} %")
    expect(worst).to_contain_text("below")


def test_days_and_prompt_stand_in_the_address(desk: Desk) -> None:
    fill(read_by(desk).stack)
    go(desk)
    expect(desk.page.locator("#table-latency tbody tr")).to_have_count(14)
    desk.page.get_by_role("link", name="7 days").click()
    desk.page.get_by_label("Prompt", exact=True).select_option("code_review")
    desk.page.get_by_role("button", name="Show").click()
    desk.page.wait_for_url("**/quality?days=7&prompt=code_review")
    expect(desk.page.locator("#table-latency tbody tr")).to_have_count(7)
    expect(desk.page.locator("#table-prompts tbody tr")).to_have_count(1)


def test_a_review_of_a_prompt_is_closed_with_what_came_of_it(desk: Desk) -> None:
    fill(desk.stack)
    desk.stack.sql(ADMIN, desk.person.id)
    go(desk)
    desk.page.locator(".below summary").click()
    desk.page.get_by_label("What came of it").fill("Version 2 cites its sources.")
    desk.page.get_by_role("button", name="Close the review").click()
    desk.page.get_by_text("The review is closed.").wait_for()
    assert desk.stack.sql(CLOSED) == [("Version 2 cites its sources.", str(desk.person.id))]
    expect(desk.page.locator(".below")).to_have_count(0)


def test_the_bad_ones_are_a_click_away(desk: Desk) -> None:
    forget(read_by(desk).stack)
    request = desk.send(directive(text="I'm sorry, but I can't help with that."))
    desk.wait_for_end()
    fill(desk.stack, days=2)
    go(desk)
    desk.page.locator("#table-refusals tbody tr").first.get_by_role("link").click()
    desk.page.locator(f"#behind-{request}").click()
    desk.page.wait_for_url(f"**/requests/{request}")


def test_figures_of_today_come_by_beat(desk: Desk) -> None:
    forget(read_by(desk).stack)
    go(desk)
    expect(desk.page.get_by_role("heading", name="No day has figures yet")).to_be_visible()
    submit(desk.stack, desk.person, directive(text="Short."))
    jobs, beat = desk.stack.start_jobs_and_beat()
    try:
        desk.stack.sql("UPDATE django_celery_beat_intervalschedule SET every = 2, period = 'seconds' WHERE every = 300")
        desk.stack.sql("UPDATE django_celery_beat_periodictasks SET last_update = clock_timestamp()")
        wait_for(lambda: desk.stack.sql(COUNTED), what="a day", seconds=60)
    finally:
        for child in (beat, jobs):
            child.kill()
        desk.stack.sql("UPDATE django_celery_beat_intervalschedule SET every = 300 WHERE every = 2")
    go(desk)
    expect(desk.page.locator("#table-latency tbody tr").first).to_contain_text("so far")


def test_to_others_there_is_no_such_page(desk: Desk) -> None:
    desk.expects_noise = True  # a 404
    expect(desk.page.get_by_role("link", name="Quality")).to_have_count(0)
    go(desk)
    expect(desk.page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_without_scripts_the_tables_are_there(open_desk: OpenDesk, alice: Person) -> None:
    desk = read_by(open_desk(alice, java_script_enabled=False))
    fill(desk.stack)
    go(desk)
    expect(desk.page.locator("figure[data-chart]").first).to_be_hidden()
    expect(desk.page.locator("#table-failures tbody tr")).to_have_count(14)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(open_desk: OpenDesk, alice: Person, scheme: str) -> None:
    desk = read_by(open_desk(alice, color_scheme=scheme, reduced_motion="reduce"))
    report = fill(desk.stack)
    desk.page.set_viewport_size({"width": 360, "height": 740})
    for path in ("", f"/{report.day}", "/requests?what=failed"):
        go(desk, path)
        assert (fits(desk.page), desk.page.evaluate(FAINT), desk.page.evaluate(NAMELESS)) == (True, [], []), path
