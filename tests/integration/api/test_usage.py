"""Usage over HTTP: sums of days, to whom they are for, with wrong questions named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.anonymity import anonymise
from accounts.models import Membership, Team, User
from requests_app.tally import count_all
from tests.integration.requests_app.test_tally import used

USAGE = "/api/v1/usage"


@pytest.fixture
def team(alice: User) -> Team:
    team = Team.objects.create(name="Harbour")
    Membership.objects.create(team=team, user=alice)
    return team


def spend(user: User, team: Team | None = None, **changes: Any) -> None:
    fields = {"created": timezone.now(), "subject": user.pk, "scope": team.pk if team else user.personal_team_id}
    used(**{**fields, **changes})
    count_all()


def allow(user: User) -> User:
    user.user_permissions.add(Permission.objects.get(codename="view_all_usage"))
    return User.objects.get(pk=user.pk)


def ask(client: APIClient, **query: str) -> dict[str, Any]:
    answer = client.get(USAGE, query)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_by_prompt_with_what_it_cost(api: APIClient, alice: User) -> None:
    spend(alice, cost_usd=Decimal("0.25"))
    spend(alice, cost_usd=Decimal("0.5"), prompt_key="letter")
    found = ask(api, group_by="prompt")
    assert [(row["prompt"], row["cost_usd"]) for row in found["results"]] == [("letter", "0.5"), ("summary", "0.25")]
    assert (found["total"]["calls"], found["total"]["cost_usd"]) == (2, "0.75")
    assert (found["time_zone"], found["as_of"] is not None) == ("UTC", True)


def test_by_day_is_the_usual_and_bounded_by_dates(api: APIClient, alice: User) -> None:
    for day in (18, 19, 20):
        spend(alice, created=datetime(2026, 11, day, 12, tzinfo=UTC))
    found = ask(api, **{"from": "2026-11-19", "to": "2026-11-20", "group_by": "day,model"})
    assert [(row["day"], row["model"]) for row in found["results"]] == [
        ("2026-11-19", "small"),
        ("2026-11-20", "small"),
    ]
    assert (found["from"], found["to"], found["total"]["calls"]) == ("2026-11-19", "2026-11-20", 2)


def test_unknown_price_is_never_nothing(api: APIClient, alice: User) -> None:
    spend(alice, cost_usd=None)
    spend(alice, cost_usd=None, prompt_key="letter")
    spend(alice, prompt_key="letter", cost_usd=Decimal(0))
    rows = {row["prompt"]: row for row in ask(api, group_by="prompt")["results"]}
    assert (rows["summary"]["cost_usd"], rows["summary"]["unpriced_calls"]) == (None, 1)
    assert (rows["letter"]["cost_usd"], rows["letter"]["unpriced_calls"]) == ("0", 1)


def test_only_ones_own_is_told(api: APIClient, alice: User, bob: User, team: Team) -> None:
    spend(bob)
    spend(bob, team)
    spend(alice, team)
    assert ask(api)["total"]["calls"] == 1
    rows = ask(api, team=str(team.pk), group_by="user")["results"]
    assert {(row["user"], row["name"], row["calls"]) for row in rows} == {
        (str(alice.pk), "alice", 1),
        (str(bob.pk), "bob", 1),
    }


@pytest.mark.parametrize("scope", ["mine", "team", "everything", "no team"])
@pytest.mark.parametrize("who", ["member", "stranger", "permitted"])
def test_who_may_see_what(alice: User, mallory: User, team: Team, scope: str, who: str) -> None:
    person = {"member": alice, "stranger": mallory, "permitted": mallory}[who]
    client = APIClient()
    client.force_authenticate(allow(person) if who == "permitted" else person)
    query = {"team": str(team.pk)} if scope == "team" else {"scope": scope}
    query = {"team": str(uuid4())} if scope == "no team" else query
    allowed = {"member": {"mine", "team"}, "stranger": {"mine"}, "permitted": {"mine", "team", "everything"}}[who]
    refused = 403 if scope == "everything" else 404
    assert client.get(USAGE, query).status_code == (200 if scope in allowed else refused)


def test_who_left_sees_it_no_more(api: APIClient, team: Team) -> None:
    Membership.objects.all().filter(team=team).delete()
    assert api.get(USAGE, {"team": str(team.pk)}).status_code == 404


def test_anonymised_person_has_no_name(api: APIClient, bob: User, team: Team) -> None:
    spend(bob, team)
    anonymise(bob)
    [row] = ask(api, team=str(team.pk), group_by="user")["results"]
    assert (UUID(row["user"]), row["name"]) == (bob.pk, "anonymous")


@pytest.mark.parametrize(
    ("query", "pointer", "words"),
    [
        ({"group_by": "colour"}, "/group_by", "'colour' is not one of day, prompt"),
        ({"group_by": "prompt,model"}, "/group_by", "or day and one of these"),
        ({"group_by": "day,day"}, "/group_by", "takes day"),
        ({"group_by": ""}, "/group_by", ""),
        ({"from": "yesterday"}, "/from", "wrong format"),
        ({"from": "2026-11-21", "to": "2026-11-20"}, "/from", "is after `to`"),
        ({"from": "2020-01-01", "to": "2026-11-20"}, "/from", "more than 366 days"),
        ({"to": "0001-01-02"}, "/to", "out of range"),
        ({"team": "x"}, "/team", "valid UUID"),
        ({"scope": "all"}, "/scope", "not a valid choice"),
        ({"scope": "mine", "team": str(uuid4())}, "/scope", "without a team"),
        ({"form": "2026-11-20"}, "/form", "is not a field of this query"),
    ],
)
def test_wrong_questions_are_named(api: APIClient, query: dict[str, str], pointer: str, words: str) -> None:
    answer = api.get(USAGE, query)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]


def test_too_many_rows_are_refused(api: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests_app.api.usage.MOST_ROWS", 1)
    spend(alice)
    assert ask(api, group_by="day,prompt")["total"]["calls"] == 1
    spend(alice, prompt_key="letter")
    assert "more than 1 rows" in api.get(USAGE, {"group_by": "day,prompt"}).json()["detail"]


def test_nobody_is_asked_who_they_are(db: None) -> None:
    assert APIClient().get(USAGE).status_code == 401


def test_more_usage_costs_no_more_queries(api: APIClient, alice: User, team: Team) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            ask(api, team=str(team.pk), group_by="user")
        return len(queries)

    spend(alice, team)
    asked()  # what is asked once a process
    few = asked()
    for number in range(10):
        spend(User.objects.create(username=f"u{number}"), team, created=timezone.now() - timedelta(days=number))
    assert asked() == few <= 9
