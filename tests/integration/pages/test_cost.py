"""The Cost page: whose, when and by what; what is unknown is said; nobody sees what is not theirs."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Membership, Team, User
from requests_app.days import bounds, day_of
from requests_app.models import CostAlert, TokenBudget, UsageCount
from requests_app.tally import count_all
from tests.integration.requests_app.test_tally import used


@pytest.fixture
def team(alice: User) -> Team:
    team = Team.objects.create(name="Harbour")
    Membership.objects.create(team=team, user=alice)
    return team


def spend(user: User, team: Team | None = None, **changes: Any) -> None:
    fields = {"created": timezone.now(), "subject": user.pk, "scope": team.pk if team else user.personal_team_id}
    used(**{**fields, **changes})
    count_all()


def allow(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="view_all_usage"))


def table(answer: Any) -> list[list[str]]:
    return list(csv.reader(StringIO(answer.content.decode())))


def test_empty_page_says_what_will_be_here(page: Client) -> None:
    answer = page.get("/cost")
    assertContains(answer, "Nothing was used in this time")
    assertContains(answer, "Run a prompt")
    assertContains(answer, 'aria-current="page">Cost')


def test_costs_stand_by_prompt_and_by_day(page: Client, alice: User) -> None:
    spend(alice, cost_usd=Decimal("1.5"))
    spend(alice, cost_usd=Decimal("0.25"), prompt_key="letter", created=timezone.now() - timedelta(days=3))
    answer = page.get("/cost")
    shown = answer.context["cost"]
    assert [(row.name, row.cost, row.hits) for row in shown.rows] == [
        ("summary", "$1.50", "67 %"),
        ("letter", "$0.25", "67 %"),
    ]
    assert len(shown.day_rows) == 7
    assert [day.cost for day in shown.day_rows][-4:] == ["$0.25", "$0.00", "$0.00", "$1.50"]
    assertContains(answer, 'data-chart="stacked" data-table="days"')
    assertContains(answer, "$1.75")


@pytest.mark.parametrize(("days", "calls"), [("1", 1), ("7", 2), ("30", 3)])
def test_period_is_in_the_address(page: Client, alice: User, days: str, calls: int) -> None:
    today = day_of(timezone.now())
    for age in (0, 6, 29, 30):
        spend(alice, created=bounds(today - timedelta(days=age))[0])
    answer = page.get(f"/cost?days={days}")
    assert answer.context["cost"].total.sums.calls == calls
    assertContains(answer, 'data-chart="bar"' if days == "1" else 'data-chart="stacked"')


@pytest.mark.parametrize("kind", ["prompt", "version", "model", "user", "team", "tag"])
def test_every_way_to_tell_it(page: Client, alice: User, team: Team, kind: str) -> None:
    spend(alice, team, metadata={"tag": "ocean"})
    expected = {"prompt": "summary", "version": "summary@1", "model": "small", "user": "alice", "team": "Harbour"}
    [row] = page.get(f"/cost?by={kind}&of={team.pk}").context["cost"].rows
    assert row.name == expected.get(kind, "ocean")


def test_unknown_price_is_said_and_never_nothing(page: Client, alice: User) -> None:
    spend(alice, cost_usd=None)
    spend(alice, prompt_key="letter")
    answer = page.get("/cost")
    assertContains(answer, "at least $0.01")
    assertContains(answer, "1 call without a known price")
    rows = {row.name: row.cost for row in answer.context["cost"].rows}
    assert rows == {"letter": "$0.01", "summary": "unknown"}


def test_cost_per_approved_answer_and_the_line_of_the_cache(page: Client, alice: User) -> None:
    spend(alice, cache_read_tokens=2, input_tokens=8, cache_write_tokens=0)
    answer = page.get("/cost")
    assertContains(answer, "busy prompts should reach 60 %")
    assert (answer.context["cost"].total.hits, answer.context["cost"].total.per_approved) == ("20 %", "-")


def test_what_is_beyond_the_table_stands_in_one_line(
    page: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requests_app.pages.cost.SHOWN", 2)
    monkeypatch.setattr("requests_app.pages.cost.DRAWN", 1)
    for number in range(5):
        spend(alice, prompt_key=f"p{number}", cost_usd=Decimal(number + 1))
    shown = page.get("/cost").context["cost"]
    assert [(row.name, row.cost) for row in shown.rows] == [("p4", "$5.00"), ("p3", "$4.00"), ("3 others", "$6.00")]
    assert (shown.drawn, [words for _value, words in shown.day_rows[-1].cells]) == (
        ["p4", "Others"],
        ["$5.00", "$10.00"],
    )


@pytest.mark.parametrize("what", ["of=everything", f"of={uuid4()}", "of=x", "of=team"])
def test_what_is_not_theirs_is_not_there(page: Client, what: str, team: Team) -> None:
    Membership.objects.filter(team=team).delete()
    assert page.get(f"/cost?{what.replace('team', str(team.pk))}").status_code == 404
    assert page.get(f"/cost.csv?{what.replace('team', str(team.pk))}").status_code == 404


def test_permission_shows_everything_and_its_alerts(page: Client, alice: User, bob: User) -> None:
    CostAlert.objects.create(name="Watch", limit_usd=Decimal(1))
    spend(bob, cost_usd=Decimal(2))
    assertNotContains(page.get("/cost"), "Watch")
    allow(alice)
    answer = page.get("/cost?of=everything&by=user")
    assertContains(answer, "Watch")
    assert [row.name for row in answer.context["cost"].rows] == ["bob"]
    assert page.get(f"/cost?of={bob.personal_team_id}").status_code == 200


def test_wrong_addresses_are_named(page: Client) -> None:
    for address in ("/cost?days=8&by=colour", "/cost.csv?days=8&by=colour"):
        answer = page.get(address)
        assertContains(answer, "8 is none of the periods.", status_code=400)
        assertContains(answer, "not told by colour", status_code=400)


def test_csv_is_the_table_with_guarded_names(page: Client, alice: User) -> None:
    spend(alice, metadata={"tag": "=HYPERLINK(1)"}, cost_usd=Decimal("0.000001"))
    spend(alice, metadata={"tag": "plain"}, cost_usd=None)
    answer = page.get("/cost.csv?by=tag")
    assert "lintel-cost-by-tag-" in answer["Content-Disposition"]
    head, first, second, total = table(answer)
    assert head[:4] == ["tag", "cost_usd", "unpriced_calls", "requests"]
    assert (first[0], first[1]) == ("'=HYPERLINK(1)", "0.000001")
    assert (second[0], second[1], total[0], total[3]) == ("plain", "unknown", "Total", "2")


def test_budgets_tell_where_they_lead(page: Client, alice: User, team: Team) -> None:
    TokenBudget.objects.create(user=alice, limit=Decimal(1000))
    TokenBudget.objects.create(team=team, measure="usd", period="month", limit=Decimal(5))
    assertContains(page.get("/cost"), "Nothing used yet.")
    assertContains(page.get(f"/cost?of={team.pk}"), "$0.00</strong>")


def test_stale_time_zone_is_said(page: Client, alice: User) -> None:
    spend(alice)
    UsageCount.objects.update(time_zone="Asia/Tokyo")
    assertContains(page.get("/cost"), "are those of Asia/Tokyo")


def test_log_in_comes_first(db: None) -> None:
    assertRedirects(Client().get("/cost"), "/login?next=/cost")


def test_more_usage_costs_no_more_queries(page: Client, alice: User, team: Team, settings: Settings) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert page.get(f"/cost?of={team.pk}&by=user&days=30").status_code == 200
        return len(queries)

    spend(alice, team)
    asked()  # what is asked once a process
    few = asked()
    for number in range(10):
        spend(User.objects.create(username=f"u{number}"), team, created=timezone.now() - timedelta(days=number))
    assert asked() == few <= 20
