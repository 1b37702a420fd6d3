"""One click takes the sample data away, with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.browser.test_looks import FAINT, NAMELESS, fits
from tests.process.stack import Person

OWN = "SELECT count(*) FROM requests_app_airequest WHERE user_id = %s"


def sample(desk: Desk) -> None:
    """A team of the person's that paid for one request, marked afterwards: the owner may."""
    body = {"prompt_key": "document_summary", "payload": {"document": "A text."}}
    with desk.stack.client(desk.person) as client:
        for paid_by_sample in (True, False):
            [(team,)] = desk.stack.sql(
                "INSERT INTO accounts_team (id, name) VALUES (gen_random_uuid(), 'Northwind') RETURNING id::text"
            )
            desk.stack.sql(
                "INSERT INTO accounts_membership (id, team_id, user_id, role)"
                " VALUES (gen_random_uuid(), %s, %s, 'member')",
                team,
                desk.person.id,
            )
            client.post("/api/v1/requests", json={**body, "team": team}).raise_for_status()
            desk.stack.sql("UPDATE accounts_team SET sample = %s WHERE id = %s", paid_by_sample, team)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_one_click_removes_it_all(open_desk: OpenDesk, alice: Person, scripts: bool) -> None:
    desk = open_desk(alice, java_script_enabled=scripts)
    sample(desk)
    desk.be_staff()
    desk.page.goto(f"{desk.stack.base_url}/operations")
    if not scripts:
        desk.page.wait_for_url("**/operations?whole")
    samples = desk.page.locator("#sample-data")
    expect(samples).to_contain_text("1 request", timeout=PATIENCE_MS)
    samples.locator("summary").click()
    expect(samples).to_contain_text("What people sent stays.")
    samples.get_by_role("button", name="Remove it all").click()
    expect(desk.page.get_by_text("Sample data removed: 1 request")).to_be_visible(timeout=PATIENCE_MS)
    assert desk.stack.sql(OWN, alice.id) == [(1,)]
    assert desk.stack.sql("SELECT 1 FROM accounts_team WHERE sample") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_marks_fit_and_can_be_read(open_desk: OpenDesk, alice: Person, scheme: str) -> None:
    desk = open_desk(alice, color_scheme=scheme, reduced_motion="reduce")
    sample(desk)
    desk.be_staff()
    desk.page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/history", "/operations", "/account/teams"):
        desk.page.goto(f"{desk.stack.base_url}{path}")
        expect(desk.page.locator(".sample-mark, #sample-data h2").first).to_be_visible(timeout=PATIENCE_MS)
        for fold in desk.page.locator("#sample-data details").all():
            fold.locator("summary").click()
        assert (fits(desk.page), desk.page.evaluate(FAINT), desk.page.evaluate(NAMELESS)) == (True, [], []), path
    desk.stack.sql("SELECT * FROM requests_app_remove_samples()")
