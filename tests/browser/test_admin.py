"""The admin in a browser, under the policy that is sent: nothing of it may be refused, and it fits a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import Desk
from tests.process.stack import Person, Stack, directive

PROMOTE = "UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE id = %s"


@pytest.fixture
def boss(stack: Stack, alice: Person) -> Person:
    """alice, who may do everything."""
    stack.sql(PROMOTE, alice.id)
    return alice


@pytest.fixture
def office(open_desk: OpenDesk, boss: Person) -> Desk:
    """The boss after one request that went well."""
    desk = open_desk(boss)
    desk.send(directive(text="Some words."))
    desk.wait_for_end()
    return desk


def test_every_page_of_the_admin_keeps_to_the_policy(office: Desk) -> None:
    page = office.page
    request = page.url.rsplit("/", 1)[1]
    user = office.person.id
    for path in (
        "", "requests_app/airequest/", f"requests_app/airequest/{request}/change/", f"accounts/user/{user}/change/",
        "ai/prompttemplate/", "django_celery_beat/periodictask/add/", "accounts/user/add/", "accounts/team/add/",
    ):  # fmt: skip
        page.goto(f"{office.stack.base_url}/admin/{path}")
        expect(page.locator("#main, #container").first).to_be_visible()
    page.locator("#nav-sidebar a[href$='/airequest/']").click()
    page.wait_for_url("**/requests_app/airequest/")


def test_a_request_is_cancelled_only_after_a_question(office: Desk) -> None:
    page = office.page
    office.send(directive(text="word " * 200, chunk_delay_s=0.2))
    request = page.url.rsplit("/", 1)[1]
    page.goto(f"{office.stack.base_url}/admin/requests_app/airequest/?q={request}")
    page.locator("input.action-select").first.check()
    page.get_by_label("Select action to run").select_option("cancel")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.wait_for_url("**/requests_app/airequest/**")
    page.goto(f"{office.stack.base_url}/requests/{request}")
    office.wait_for_end()
    assert office.row(request)["status"] == "cancelled"


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_of_the_admin_scrolls_sideways(office: Desk, width: int) -> None:
    office.page.set_viewport_size({"width": width, "height": 740})
    for path in ("", "requests_app/airequest/", f"accounts/user/{office.person.id}/change/"):
        office.page.goto(f"{office.stack.base_url}/admin/{path}")
        assert office.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
