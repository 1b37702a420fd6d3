"""Cost alerts are made and changed in the admin; mistakes are named, changes kept."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from requests_app.models import CostAlert

ADD = "/admin/requests_app/costalert/add/"
GOOD = {"name": "Watch", "prompt_key": "document_summary", "limit_usd": "5", "emails": "a@example.org, b@example.org"}


def test_rule_is_made(admin: Client) -> None:
    assert admin.post(ADD, {**GOOD, "active": "on"}).status_code == 302
    made = CostAlert.objects.get()
    assert (made.prompt_key, made.limit_usd, made.active) == ("document_summary", Decimal(5), True)
    assert made.emails == ["a@example.org", "b@example.org"]
    assert "a@example.org, b@example.org" in admin.get(f"{ADD[:-4]}{made.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"limit_usd": "-1"}, "greater than or equal to 0.000001"),
        ({"limit_usd": "0"}, "greater than or equal to 0.000001"),
        ({"limit_usd": "much"}, "Enter a number"),
        ({"emails": "a@example.org, nobody"}, "nobody is no mail address"),
        ({"emails": " ".join(f"p{n}@example.org" for n in range(21))}, "At most 20 addresses"),
        ({"prompt_key": "no_such"}, "no_such is not one of the available choices"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_mistakes_are_named(admin: Client, wrong: dict[str, str], sentence: str) -> None:
    assert sentence in admin.post(ADD, {**GOOD, **wrong}).content.decode()
    assert not CostAlert.objects.exists()


def test_changes_are_kept_with_who_made_them(admin: Client, boss: User) -> None:
    admin.post(ADD, {**GOOD, "active": "on"})
    page = f"/admin/requests_app/costalert/{CostAlert.objects.get().pk}"
    assert admin.post(f"{page}/change/", {**GOOD, "limit_usd": "7"}).status_code == 302
    newest, first = CostAlert.history.all()
    assert (first.limit_usd, newest.limit_usd, newest.active, newest.history_user) == (5, 7, False, boss)
    assert "7" in admin.get(f"{page}/history/").content.decode()
    assert admin.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
