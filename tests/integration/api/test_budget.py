"""Budgets over HTTP: what is left, and the 402 of what has no room."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db.models import F
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Membership, Team, User
from requests_app.models import AIRequest, TokenBudget

BODY = {"prompt_key": "document_summary", "payload": {"document": "The quay was rebuilt."}}


def test_default_budget_is_there_before_anything_was_sent(api: APIClient, settings: Settings) -> None:
    settings.LINTEL_DAILY_TOKENS = 5000
    (window,) = api.get("/api/v1/budget").json()["results"]
    assert (window["team"], window["measure"], window["period"]) == (None, "tokens", "day")
    assert (window["limit"], window["used"], window["held"], window["remaining"]) == ("5000", "0", "0", "5000")


def test_accepted_request_holds_what_its_call_may_need(api: APIClient) -> None:
    assert api.post("/api/v1/requests", BODY, format="json").status_code == 202
    (window,) = api.get("/api/v1/budget").json()["results"]
    held = int(window["held"])
    assert held > 0
    assert int(window["remaining"]) == int(window["limit"]) - held


def test_request_without_room_is_refused_and_not_stored(api: APIClient, alice: User) -> None:
    TokenBudget.objects.create(user=alice, limit=Decimal(10))
    answer = api.post("/api/v1/requests", BODY, format="json")
    assert (answer.status_code, answer.json()["code"]) == (402, "budget_exceeded")
    assert "10 tokens left until" in answer.json()["detail"]
    (window,) = answer.json()["budget"]
    assert (window["limit"], window["remaining"]) == ("10", "10")
    assert window["resets_at"].endswith("Z")
    assert not AIRequest.objects.exists()


def test_key_of_a_refused_request_is_free_again(api: APIClient, alice: User) -> None:
    budget = TokenBudget.objects.create(user=alice, limit=Decimal(10))
    headers = {"Idempotency-Key": "one"}
    assert api.post("/api/v1/requests", BODY, format="json", headers=headers).status_code == 402
    TokenBudget.objects.filter(pk=budget.pk).update(limit=None)
    assert api.post("/api/v1/requests", BODY, format="json", headers=headers).status_code == 202


def test_unknown_price_is_refused_under_a_dollar_budget(api: APIClient, alice: User, settings: Settings) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = None
    settings.LINTEL_OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    settings.LINTEL_MODELS = ["own-model"]
    TokenBudget.objects.create(user=alice, measure="usd", limit=Decimal(10))
    answer = api.post("/api/v1/requests", BODY, format="json")
    assert (answer.status_code, answer.json()["code"]) == (402, "price_unknown")


def test_budget_of_another_team_is_not_shown(api: APIClient, bob: User) -> None:
    TokenBudget.objects.create(team=bob.personal_team, limit=Decimal(10))
    TokenBudget.objects.create(team=Team.objects.create(name="strangers"), limit=Decimal(10))
    assert len(api.get("/api/v1/budget").json()["results"]) == 1


def test_too_many_under_way_are_refused_until_one_ends(api: APIClient, settings: Settings) -> None:
    settings.LINTEL_USER_REQUESTS = 2
    first, _second = (api.post("/api/v1/requests", BODY, format="json").json() for _ in range(2))
    answer = api.post("/api/v1/requests", BODY, format="json")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "too_many_requests", "5")
    api.post(first["links"]["cancel"])
    assert api.post("/api/v1/requests", BODY, format="json").status_code == 202


def test_members_of_a_team_share_its_limit(api: APIClient, alice: User, bob: User, settings: Settings) -> None:
    settings.LINTEL_TEAM_REQUESTS = 1
    team = Team.objects.create(name="desk")
    for person in (alice, bob):
        Membership.objects.create(team=team, user=person)
    body = {**BODY, "team": str(team.pk)}
    assert api.post("/api/v1/requests", body, format="json").status_code == 202
    other = APIClient()
    other.force_authenticate(bob)
    assert other.post("/api/v1/requests", body, format="json").status_code == 429
    assert other.post("/api/v1/requests", BODY, format="json").status_code == 202


def test_too_fast_says_when_there_is_room_again(api: APIClient, settings: Settings) -> None:
    settings.LINTEL_REQUESTS_PER_MINUTE = 3
    statuses = [api.post("/api/v1/requests", BODY, format="json").status_code for _ in range(4)]
    assert statuses == [202, 202, 202, 429]
    answer = api.post("/api/v1/requests", BODY, format="json")
    assert 50 <= int(answer["Retry-After"]) <= 60
    AIRequest.objects.update(created=F("created") - timedelta(seconds=61))
    assert api.post("/api/v1/requests", BODY, format="json").status_code == 202
