from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import ApiToken, Team, User


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin", password="admin"))
    return client


@pytest.fixture
def token(alice: User) -> ApiToken:
    token: ApiToken = ApiToken.objects.create(alice, name="laptop")[0]
    return token


def revoke(client: Client, *public_ids: object) -> Any:
    data = {"action": "revoke", "index": "0", "_selected_action": [str(public_id) for public_id in public_ids]}
    return client.post("/admin/accounts/apitoken/", data, follow=True)


def test_digest_stands_on_no_page(admin: Client, token: ApiToken) -> None:
    page = admin.get("/admin/accounts/apitoken/").content.decode()
    assert "laptop" in page
    assert token.digest not in page


def test_token_has_no_page_of_its_own(admin: Client, token: ApiToken) -> None:
    for page in ("change", "delete", "history"):
        assert admin.get(f"/admin/accounts/apitoken/{token.digest}/{page}/").status_code == 404
    assert admin.get("/admin/accounts/apitoken/add/").status_code == 404


def test_chosen_token_is_revoked_and_others_stay(admin: Client, token: ApiToken, bob: User) -> None:
    other = ApiToken.objects.create(bob, name="server")[0]
    page = revoke(admin, token.public_id)
    assert list(ApiToken.objects.all()) == [other]
    assert token.digest not in page.content.decode()


def test_revoking_is_logged_without_the_digest(admin: Client, token: ApiToken) -> None:
    revoke(admin, token.public_id)
    entry = LogEntry.objects.get()
    assert entry.object_id == str(token.user_id)
    assert "laptop" in entry.change_message
    assert token.digest not in str(vars(entry))


def test_nothing_chosen_revokes_nothing(admin: Client, token: ApiToken) -> None:
    revoke(admin)
    revoke(admin, token.digest)
    assert ApiToken.objects.exists()


def test_staff_without_the_right_cannot_revoke(page: Client, alice: User, token: ApiToken) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert revoke(page, token.public_id).status_code == 403
    assert ApiToken.objects.exists()


@pytest.mark.parametrize("model", ["user", "team"])
def test_users_and_teams_are_shown_and_kept(admin: Client, alice: User, model: str) -> None:
    row = alice if model == "user" else Team.objects.get(personal_of=alice)
    assert admin.get(f"/admin/accounts/{model}/?q=alice").status_code == 200
    assert admin.get(f"/admin/accounts/{model}/{row.pk}/change/").status_code == 200
    assert admin.get(f"/admin/accounts/{model}/{row.pk}/delete/").status_code == 403


def test_new_user_of_the_admin_has_a_personal_team(admin: Client) -> None:
    admin.post(
        "/admin/accounts/user/add/",
        {"username": "carol", "usable_password": "true", "password1": "s3cret-words", "password2": "s3cret-words"},
    )
    assert User.objects.get(username="carol").personal_team.name == "carol"
