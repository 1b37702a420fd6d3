from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from accounts.bearer import user_for_token
from accounts.models import User
from accounts.tokens import issue

NEW = "a-long-and-quiet-lake"
CHANGE = {"old_password": "alice", "new_password1": NEW, "new_password2": NEW}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/account", "/account/password", "/account/tokens", "/account/teams"])
def test_strangers_log_in_first(path: str) -> None:
    assertRedirects(Client().get(path), f"/login?next={path}")


@pytest.mark.parametrize("path", ["/account", "/account/password", "/account/tokens", "/account/teams"])
def test_nothing_of_it_stays_in_a_cache(page: Client, path: str) -> None:
    assert "no-store" in page.get(path)["Cache-Control"]


def test_own_details_are_saved(page: Client, alice: User) -> None:
    form = {"first_name": "Alice", "last_name": "Quay", "email": "alice@example.org", "is_staff": "on", "username": "x"}
    assertContains(page.post("/account", form, follow=True), "Your details are saved.")
    alice.refresh_from_db()
    assert (alice.get_full_name(), alice.email) == ("Alice Quay", "alice@example.org")
    assert (alice.username, alice.is_staff) == ("alice", False)


def test_a_wrong_address_is_named_and_nothing_is_lost(page: Client, alice: User) -> None:
    answer = page.post("/account", {"first_name": "Alice", "email": "nowhere"})
    assertContains(answer, 'value="nowhere"', status_code=400)
    alice.refresh_from_db()
    assert alice.first_name == ""


def test_a_new_password_ends_other_sessions_and_keeps_this_one_and_the_tokens(page: Client, alice: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(alice)
    plain = issue(alice, name="laptop", days=90).plain
    assertContains(page.post("/account/password", CHANGE, follow=True), "Every other browser is logged out.")
    assert page.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert user_for_token(plain) == alice
    assert Client().login(username="alice", password=NEW)


@pytest.mark.parametrize(
    "change",
    [{"old_password": "wrong"}, {"new_password2": "other"}, {"new_password1": "alice", "new_password2": "alice"}],
)
def test_a_refused_password_changes_nothing(page: Client, alice: User, change: dict[str, str]) -> None:
    answer = page.post("/account/password", {**CHANGE, **change})
    assertContains(answer, "The password was not changed", status_code=400)
    assert Client().login(username="alice", password="alice")


def test_the_page_says_what_becomes_of_tokens(page: Client, alice: User) -> None:
    assertContains(page.get("/account/password"), "you have none")
    issue(alice, name="laptop", days=90)
    assertContains(page.get("/account/password"), "Your API token keeps working.")


def test_the_name_in_the_header_leads_here(page: Client) -> None:
    assertContains(page.get("/"), 'href="/account"')
