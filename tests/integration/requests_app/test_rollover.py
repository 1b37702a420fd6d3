"""The beat task of the day's turn: budgets do without it, and any number of runs changes nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from accounts.models import User
from requests_app import ledger
from requests_app.budgets import Amount
from requests_app.errors import BudgetExceeded
from requests_app.models import AIRequest, BudgetHold, BudgetWindow, HoldShare, TokenBudget
from requests_app.tasks import reset_daily_token_budgets

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def hold(user: User, tokens: int) -> None:
    ledger.hold(AIRequest(user=user, team=user.personal_team, deadline=LATER), Amount(tokens=tokens))


def yesterday_was_today() -> None:
    """A day later, as the database would see it."""
    day = timedelta(days=1)
    for row in BudgetWindow.objects.order_by("starts"):
        BudgetWindow.objects.filter(pk=row.pk).update(starts=F("starts") - day, ends=F("ends") - day)


def everything() -> list[list[Any]]:
    models = (TokenBudget, BudgetWindow, BudgetHold, HoldShare)
    return [list[Any](model._default_manager.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("runs", [0, 1, 3])
def test_next_day_begins_at_nothing_with_and_without_the_task(alice: User, runs: int) -> None:
    TokenBudget.objects.create(user=alice, limit=Decimal(100))
    hold(alice, 100)
    for _run in range(runs):
        reset_daily_token_budgets()
    with pytest.raises(BudgetExceeded):
        hold(alice, 1)
    yesterday_was_today()
    hold(alice, 100)
    assert BudgetWindow.objects.count() == 2
    with pytest.raises(BudgetExceeded):
        hold(alice, 1)


def test_windows_of_the_next_day_and_month_in_their_time_zone(alice: User) -> None:
    zone = "Pacific/Kiritimati"
    for period in ("day", "month"):
        TokenBudget.objects.create(user=alice, period=period, timezone=zone)
    hold(alice, 1)
    reset_daily_token_budgets()
    for budget in TokenBudget.objects.all():
        now, coming = BudgetWindow.objects.filter(budget=budget).order_by("starts")
        assert coming.starts == now.ends
        assert timedelta(days=1) <= coming.ends - coming.starts <= timedelta(days=31)
        assert not any((coming.used, coming.held, coming.announced, coming.mailed))


def test_unused_budget_is_left_alone(alice: User) -> None:
    TokenBudget.objects.create(user=alice, limit=Decimal(100))
    reset_daily_token_budgets()
    assert not BudgetWindow.objects.exists()


def test_one_line_with_the_totals(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    hold(alice, 40)
    with caplog.at_level("INFO", "requests_app.rollover"):
        reset_daily_token_budgets()
    (line,) = (record.getMessage() for record in caplog.records if record.name == "requests_app.rollover")
    assert line == (
        "budgets: 1 windows opened ahead; of 1 now 0 are full; today's users have used 0 tokens and hold 40"
    )


def test_any_number_of_runs_at_once_changes_nothing_else(committed: None) -> None:
    people = [User.objects.create_user(name) for name in ("alice", "bob", "carol")]
    for person in people:
        hold(person, 10)
    reset_daily_token_budgets()
    before = everything()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(_run, range(24)))
    assert everything() == before
    assert BudgetWindow.objects.count() == 6


def _run(_number: int) -> None:
    try:
        reset_daily_token_budgets()
    finally:
        connection.close()
