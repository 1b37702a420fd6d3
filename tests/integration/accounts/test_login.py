from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User


def test_right_password_leads_home(alice: User) -> None:
    client = Client()
    response = client.post("/login", {"username": "alice", "password": "alice"})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/login").status_code == 302


def test_wrong_password_does_not(alice: User) -> None:
    response = Client().post("/login", {"username": "alice", "password": "bob"})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_log_in_leads_to_no_other_host(alice: User, target: str) -> None:
    response = Client().post("/login", {"username": "alice", "password": "alice", "next": target})
    assert response["Location"] == "/"


def test_log_out_takes_a_post(page: Client) -> None:
    assert page.get("/logout").status_code == 405
    assert page.post("/logout")["Location"] == "/login"
    assert "_auth_user_id" not in page.session


def test_demo_log_ins_are_offered_only_in_local_settings(db: None, settings: Settings) -> None:
    assert [login["username"] for login in Client().get("/login").context["demo_logins"]] == ["demo", "admin"]
    settings.LINTEL_DEMO = False
    page = Client().get("/login")
    assert not page.context["demo_logins"]
    assert "admin" not in page.content.decode()
