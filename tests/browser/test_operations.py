"""Operations at a browser: rows look by themselves, and one that hangs does not hold up the rest."""

from __future__ import annotations

import signal

import pytest
from playwright.sync_api import Route, expect

from config.local.child import Child
from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.browser.test_looks import FAINT, NAMELESS, fits
from tests.process.stack import Person, wait_for

LIVE = "SELECT 1 FROM requests_app_workerlease WHERE expires_at > now()"


def look(desk: Desk) -> None:
    desk.be_staff()
    desk.page.goto(f"{desk.stack.base_url}/operations")


def row(desk: Desk, key: str, state: str) -> None:
    expect(desk.page.locator(f"#check-{key}")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)


def test_every_row_looks_by_itself(desk: Desk) -> None:
    look(desk)
    for key in ("database", "migrations", "broker", "workers"):
        row(desk, key, "ok")
    expect(desk.page.locator(".check[aria-busy]")).to_have_count(0)
    [(leases,)] = desk.stack.sql("SELECT count(*) FROM requests_app_workerlease WHERE expires_at > clock_timestamp()")
    expect(desk.page.locator("#check-workers .part[data-state=ok]")).to_have_count(leases)


def test_a_row_that_hangs_holds_up_no_other(desk: Desk) -> None:
    desk.expects_noise = True  # htmx tells the console of its timeout
    hanging: list[Route] = []
    desk.page.route("**/operations/broker", lambda route: hanging.append(route))
    look(desk)
    row(desk, "stuck", "ok")
    row(desk, "broker", "looking")
    row(desk, "broker", "bad")
    desk.says("#check-broker", "No answer within 6 seconds.")
    desk.says("[data-summary]", "Something is broken.")


def test_it_looks_again_by_itself_and_says_the_database_is_away(desk: Desk) -> None:
    desk.expects_noise = True  # each 503
    desk.page.clock.install()
    look(desk)
    row(desk, "migrations", "ok")
    desk.page.route("**/operations/*", lambda route: route.fulfill(status=503))
    desk.page.clock.run_for(10_000)
    row(desk, "database", "bad")
    desk.says("#check-database", "The database does not answer. Nothing that was accepted is lost.")
    desk.page.unroute("**/operations/*")
    desk.page.clock.run_for(10_000)
    row(desk, "database", "ok")


def test_offline_is_said_and_what_stood_stays(desk: Desk) -> None:
    desk.expects_noise = True
    desk.page.clock.install()
    look(desk)
    expect(desk.page.locator(".check[aria-busy]")).to_have_count(0, timeout=PATIENCE_MS)  # an answer on its way is one
    row(desk, "database", "ok")
    desk.context.set_offline(True)
    desk.page.clock.run_for(10_000)
    expect(desk.page.get_by_text("The connection is lost.")).to_be_visible()
    row(desk, "database", "ok")
    desk.context.set_offline(False)
    desk.page.clock.run_for(10_000)
    expect(desk.page.get_by_text("The connection is lost.")).to_be_hidden()


def test_a_frozen_worker_is_told_with_what_to_type(open_desk: OpenDesk, alice: Person, standing_worker: Child) -> None:
    desk = open_desk(alice, permissions=["clipboard-read", "clipboard-write"])
    stack = desk.stack
    standing_worker.tell_all(signal.SIGSTOP)
    try:
        wait_for(lambda: not stack.sql(LIVE), what="silence")
        look(desk)
        row(desk, "workers", "bad")
        desk.says("#check-workers", "No worker is running. Requests are accepted and wait.")
        desk.page.locator("#copy-workers-1").click()
        assert desk.page.evaluate("navigator.clipboard.readText()").startswith("celery -A config.celery worker")
    finally:
        standing_worker.tell_all(signal.SIGCONT)
    wait_for(lambda: stack.sql(LIVE), what="a lease")


def test_without_scripts_all_rows_are_there(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, java_script_enabled=False)
    look(desk)
    desk.page.wait_for_url("**/operations?whole")
    expect(desk.page.locator(".check[data-state=looking]")).to_have_count(0)
    row(desk, "database", "ok")


def test_to_others_there_is_no_such_page(desk: Desk) -> None:
    desk.expects_noise = True  # a 404
    desk.page.goto(f"{desk.stack.base_url}/operations")
    expect(desk.page.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(open_desk: OpenDesk, alice: Person, scheme: str) -> None:
    desk = open_desk(alice, color_scheme=scheme, reduced_motion="reduce")
    desk.page.set_viewport_size({"width": 360, "height": 740})
    look(desk)
    expect(desk.page.locator(".check[aria-busy]")).to_have_count(0)
    assert (fits(desk.page), desk.page.evaluate(FAINT), desk.page.evaluate(NAMELESS)) == (True, [], [])
