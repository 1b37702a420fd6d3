"""What is left stands at the form, follows what is typed, and a refusal keeps it."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.stack import Person, directive

GIVE = """
INSERT INTO requests_app_tokenbudget (id, user_id, measure, period, timezone, "limit")
VALUES (gen_random_uuid(), %s, 'tokens', 'day', 'UTC', %s)
ON CONFLICT (user_id, measure, period) DO UPDATE SET "limit" = excluded."limit"
"""


def give(desk: Desk, tokens: int) -> None:
    desk.stack.sql(GIVE, desk.person.id, tokens)


def test_estimate_follows_the_text_and_is_asked_for_once_a_pause(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url) if "/allowance" in request.url else None)
    give(desk, 100_000)
    desk.page.goto(f"{desk.stack.base_url}/?prompt=document_summary")
    expect(desk.page.locator("#allowance")).to_have_text("100,000 of 100,000 tokens left today")
    desk.page.locator("#v-document").press_sequentially("The quay was rebuilt.", delay=5)
    expect(desk.page.locator("#allowance strong")).to_contain_text("About", timeout=PATIENCE_MS)
    assert len(asked) == 1
    before = desk.page.locator("#allowance strong").inner_text()
    desk.page.locator("#v-document").fill("The quay was rebuilt in spring. " * 200)
    expect(desk.page.locator("#allowance strong")).not_to_have_text(before, timeout=PATIENCE_MS)


def test_what_was_used_is_gone_from_what_is_left(desk: Desk) -> None:
    give(desk, 100_000)
    desk.send(directive(text="Done."))
    desk.wait_for_end()
    [(used,)] = desk.stack.sql(
        "SELECT used FROM requests_app_budgetwindow AS w JOIN requests_app_tokenbudget AS b ON b.id = budget_id"
        " WHERE user_id = %s",
        desk.person.id,
    )
    assert used > 0
    desk.page.goto(f"{desk.stack.base_url}/")
    expect(desk.page.locator("#allowance")).to_contain_text(f"{100_000 - used:,.0f} of 100,000 tokens left today")


@pytest.mark.parametrize("scripts", [True, False])
def test_refusal_keeps_what_was_typed(open_desk: OpenDesk, alice: Person, *, scripts: bool) -> None:
    desk = open_desk(alice, java_script_enabled=scripts)
    desk.expects_noise = True  # the browser reports the 402
    give(desk, 10)
    desk.write("The quay was rebuilt.")
    desk.page.get_by_role("button", name="Send").click()
    expect(desk.page.get_by_role("alert")).to_contain_text("Your budget for the day has 10 tokens left")
    expect(desk.page.locator("#v-document")).to_have_value("The quay was rebuilt.")
    assert desk.count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_budgets_fit_a_phone(open_desk: OpenDesk, alice: Person, scheme: str) -> None:
    desk = open_desk(alice, color_scheme=scheme, reduced_motion="reduce")
    give(desk, 2_000)
    desk.send(directive(text="Done."))
    desk.wait_for_end()
    desk.page.set_viewport_size({"width": 360, "height": 700})
    desk.page.goto(f"{desk.stack.base_url}/account")
    desk.page.get_by_role("link", name="Budgets").click()
    expect(desk.page.get_by_role("img", name="used and")).to_be_visible()
    width = "document.documentElement.scrollWidth"
    assert desk.page.evaluate(width) <= 360
    grave = [each for each in Axe().run(desk.page).response["violations"] if each["impact"] in {"serious", "critical"}]
    assert grave == []
