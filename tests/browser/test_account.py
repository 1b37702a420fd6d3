"""Account at a browser: each deed, and what the database holds afterwards."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.browser.test_looks import FAINT, NAMELESS, fits
from tests.process.client import events, submit
from tests.process.stack import Person, directive

PAGES = ("/account", "/account/password", "/account/tokens", "/account/teams")


def make_token(desk: Desk, name: str) -> str:
    desk.page.goto(f"{desk.stack.base_url}/account/tokens")
    desk.page.get_by_label("Name", exact=True).fill(name)
    desk.page.get_by_role("button", name="Make token").click()
    return desk.page.locator("[data-token]").inner_text()


def revoke(desk: Desk, name: str) -> None:
    desk.page.get_by_label(f"Revoke {name}", exact=True).click()
    desk.page.get_by_role("button", name=f"Revoke “{name}” for good").click()
    expect(desk.page.get_by_role("status")).to_contain_text(f"{name} is revoked.")


def token_names(desk: Desk) -> set[str]:
    rows = desk.stack.sql("SELECT name FROM accounts_apitoken WHERE user_id = %s", desk.person.id)
    return {name for (name,) in rows}


def as_person(desk: Desk, token: str) -> Person:
    return Person(id=desk.person.id, name=desk.person.name, token=token)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_token_is_made_used_and_revoked(open_desk: OpenDesk, alice: Person, scripts: bool) -> None:
    desk = open_desk(alice, java_script_enabled=scripts)
    token = make_token(desk, "laptop")
    shell = subprocess.run(
        ["bash", "-c", desk.page.locator("#try-token").inner_text()], capture_output=True, text=True, check=True
    )
    assert "document_summary" in shell.stdout
    desk.page.goto(f"{desk.stack.base_url}/account/tokens")
    assert token not in desk.page.content()
    expect(desk.page.locator("li", has_text="laptop").get_by_text("UTC")).to_be_visible()
    revoke(desk, "laptop")
    assert "laptop" not in token_names(desk)
    with desk.stack.client(as_person(desk, token)) as http:
        assert http.get("/api/v1/requests").status_code == 401


def test_the_token_can_be_copied(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, permissions=["clipboard-read", "clipboard-write"])
    token = make_token(desk, "laptop")
    desk.page.get_by_role("button", name="Copy", exact=True).click()
    expect(desk.page.get_by_role("button", name="Copied")).to_be_visible()
    assert desk.page.evaluate("navigator.clipboard.readText()") == token


def test_a_stream_of_a_revoked_token_is_closed(desk: Desk) -> None:
    reader = as_person(desk, make_token(desk, "reader"))
    request_id = submit(desk.stack, reader, directive(text="word " * 3000, chunk_delay_s=0.05))
    stream = events(desk.stack, reader, request_id)
    next(stream)
    revoke(desk, "reader")
    with pytest.raises(ConnectionClosed) as closed:
        for _event in stream:
            pass
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    with desk.stack.client(desk.person) as http:
        http.post(f"/api/v1/requests/{request_id}/cancel")


def test_a_new_password_keeps_this_browser_alone(open_desk: OpenDesk, alice: Person) -> None:
    desk, elsewhere = open_desk(alice), open_desk(alice)
    desk.page.goto(f"{desk.stack.base_url}/account/password")
    for label, value in {
        "Password now": alice.name,
        "New password": "a-quiet-lake-9",
        "New password again": "a-quiet-lake-9",
    }.items():
        desk.page.get_by_label(label, exact=True).fill(value)
    desk.page.get_by_role("button", name="Change password").click()
    expect(desk.page.get_by_role("status")).to_contain_text("Your password is changed.")
    elsewhere.page.reload()
    expect(elsewhere.page).to_have_url(re.compile("/login"))
    with desk.stack.client(alice) as http:
        assert http.get("/api/v1/requests").status_code == 200


def test_details_are_saved(desk: Desk) -> None:
    desk.page.get_by_title("Your account").click()
    desk.page.get_by_label("First name").fill("Alice")
    desk.page.get_by_label("E-mail").fill("alice@example.org")
    desk.page.get_by_role("button", name="Save details").click()
    expect(desk.page.get_by_role("status")).to_contain_text("Your details are saved.")
    row = desk.stack.sql("SELECT first_name, email FROM accounts_user WHERE id = %s", desk.person.id)
    assert row == [("Alice", "alice@example.org")]


def test_a_team_changes_hands(open_desk: OpenDesk, alice: Person, mallory: Person) -> None:
    desk = open_desk(alice, java_script_enabled=False)
    page, said = desk.page, desk.page.get_by_role("status")
    page.goto(f"{desk.stack.base_url}/account/teams")
    page.get_by_label("Name", exact=True).fill("Harbour")
    page.get_by_role("button", name="Make team").click()
    page.get_by_label("Log-in name").fill(mallory.name)
    page.get_by_role("button", name="Add to team").click()
    expect(said).to_contain_text(f"{mallory.name} is now in this team.")
    page.get_by_text("Leave this team").click()
    page.get_by_role("button", name="Leave Harbour").click()
    expect(page.get_by_role("alert")).to_contain_text("A team needs an owner.")
    page.get_by_role("button", name=f"Make {mallory.name} an owner").click()
    expect(said).to_contain_text(f"{mallory.name} is now owner.")
    page.get_by_text("Leave this team").click()
    page.get_by_role("button", name="Leave Harbour").click()
    expect(said).to_contain_text("You have left the team.")
    team = "SELECT user_id::text, role FROM accounts_membership JOIN accounts_team ON team_id = accounts_team.id"
    assert desk.stack.sql(f"{team} WHERE user_id = %s AND name = 'Harbour'", mallory.id) == [(mallory.id, "owner")]
    assert desk.stack.sql(f"{team} WHERE user_id = %s AND name = 'Harbour'", alice.id) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(open_desk: OpenDesk, alice: Person, scheme: str) -> None:
    desk = open_desk(alice, color_scheme=scheme, reduced_motion="reduce")
    desk.be_staff()
    desk.page.set_viewport_size({"width": 360, "height": 740})
    make_token(desk, "a-name-without-any-place-to-break-" * 2)
    assert (fits(desk.page), desk.page.evaluate(FAINT), desk.page.evaluate(NAMELESS)) == (True, [], [])
    for path in PAGES:
        desk.page.goto(f"{desk.stack.base_url}{path}")
        assert (fits(desk.page), desk.page.evaluate(FAINT), desk.page.evaluate(NAMELESS)) == (True, [], [])


def test_a_refused_form_says_so_first(desk: Desk) -> None:
    desk.expects_noise = True  # a 400
    desk.page.goto(f"{desk.stack.base_url}/account/tokens")
    desk.page.get_by_role("button", name="Make token").click()
    expect(desk.page.get_by_role("alert")).to_be_focused(timeout=PATIENCE_MS)
    assert token_names(desk) == {"tests"}
