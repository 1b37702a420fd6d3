"""Budgets are given, changed and looked at in the admin; who changed what is found by three clicks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
from requests_app import ledger
from requests_app.budgets import Amount
from requests_app.models import AIRequest, BudgetWindow, TokenBudget
from tests.integration.admin.furniture import hold, request_of
from tests.integration.admin.test_questions import follow

ADD = "/admin/requests_app/tokenbudget/add/"


@pytest.fixture
def budget(alice: User) -> TokenBudget:
    return TokenBudget.objects.create(user=alice, limit=Decimal(1000))


def given(limit: str, **more: object) -> dict[str, object]:
    return {"measure": "tokens", "period": "day", "limit": limit, "timezone": "UTC", **more}


def page_of(budget: TokenBudget, *rest: str) -> str:
    return "/".join(["/admin/requests_app/tokenbudget", str(budget.pk), *rest, ""])


def test_user_is_given_a_budget(admin: Client, alice: User) -> None:
    assert admin.post(ADD, given("5.5", user=str(alice.pk), measure="usd", period="month")).status_code == 302
    made = TokenBudget.objects.get()
    assert (made.user, made.measure, made.period, made.limit) == (alice, "usd", "month", Decimal("5.5"))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({}, "Name a user or a team, and not both."),
        ({"limit": "-1"}, "greater than or equal to 0"),
        ({"timezone": "Mars/Base"}, "Mars/Base is not a known time zone"),
    ],
)
def test_mistakes_are_named(admin: Client, wrong: dict[str, object], sentence: str) -> None:
    answer = admin.post(ADD, given("5") | wrong)
    assert sentence in answer.content.decode()
    assert not TokenBudget.objects.exists()


def test_who_changed_what_and_when(admin: Client, boss: User, budget: TokenBudget) -> None:
    assert admin.post(page_of(budget, "change"), {"limit": "2500", "timezone": "UTC"}).status_code == 302
    page = follow(admin, "/requests_app/tokenbudget/", page_of(budget, "change"), page_of(budget, "history"))
    for part in ("1000", "2500", boss.username, "Limit"):
        assert part in page
    change = TokenBudget.history.first()
    assert (change.history_user, change.limit, change.history_type) == (boss, 2500, "~")


def test_first_change_of_a_default_budget_says_what_stood_before(admin: Client, alice: User) -> None:
    ledger.hold(AIRequest(user=alice, team=alice.personal_team, deadline=timezone.now()), Amount(tokens=1))
    budget = TokenBudget.objects.get(user=alice)
    for limit in ("2500", "2600"):
        assert admin.post(page_of(budget, "change"), {"limit": limit, "timezone": "UTC"}).status_code == 302
    changes = TokenBudget.history.order_by("pk")
    assert [(change.history_type, change.limit) for change in changes] == [("+", None), ("~", 2500), ("~", 2600)]
    assert changes[0].history_date == budget.created


def test_change_is_taken_back(admin: Client, budget: TokenBudget) -> None:
    admin.post(page_of(budget, "change"), {"limit": "2500", "timezone": "UTC"})
    before = page_of(budget, "history", str(TokenBudget.history.last().pk))
    assert admin.get(before).status_code == 200
    assert admin.post(before, {"limit": "1000", "timezone": "UTC"}).status_code == 302
    budget.refresh_from_db()
    assert budget.limit == 1000
    assert TokenBudget.history.count() == 3


def test_owner_and_kind_stay(admin: Client, bob: User, budget: TokenBudget) -> None:
    admin.post(page_of(budget, "change"), given("7", user=str(bob.pk), measure="usd"))
    budget.refresh_from_db()
    assert (budget.measure, str(budget.limit)) == ("tokens", "7.000000")
    assert budget.user != bob


def test_budget_is_not_deleted(admin: Client, budget: TokenBudget) -> None:
    assert admin.post(page_of(budget, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("rest", [["history", "x"], ["history", "9999"], ["history", "9" * 40]])
def test_garbage_in_a_history_is_answered(admin: Client, budget: TokenBudget, rest: list[str]) -> None:
    assert admin.get(page_of(budget, *rest)).status_code in {302, 404}


def test_what_is_left_for_a_user(admin: Client, alice: User) -> None:
    request = request_of(alice)
    row = hold(request)
    start = BudgetWindow.objects.get().starts.replace(hour=0, minute=0, second=0, microsecond=0)
    BudgetWindow.objects.filter(pk=row.window_id).update(starts=start, used=100)
    TokenBudget.objects.create(team=alice.personal_team, measure="usd", limit=Decimal(5))
    page = follow(admin, "/accounts/user/", f"/{alice.pk}/change/")
    for part in ("1,000 tokens", "100 tokens", "9 tokens", "891 tokens", "$5", f"add/?user={alice.pk}"):
        assert part in page


def test_default_is_shown_where_nothing_is_stored(admin: Client, alice: User) -> None:
    assert "default of this installation" in follow(admin, "/accounts/user/", f"/{alice.pk}/change/")


def test_teams_page_leads_to_its_budget(admin: Client) -> None:
    team = Team.objects.create(name="desk")
    budget = TokenBudget.objects.create(team=team, limit=Decimal(70_000))
    page = follow(admin, "/accounts/team/", f"/{team.pk}/change/", page_of(budget, "change"))
    assert "70,000 tokens" in page


def test_moves_stand_on_the_requests_page(admin: Client, alice: User) -> None:
    request = request_of(alice)
    page = follow(admin, "/requests_app/airequest/", f"/{request.pk}/change/")
    assert 'id="moves-group"' in page
