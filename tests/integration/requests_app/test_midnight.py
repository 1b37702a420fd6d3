"""A budget whose time zone is changed gives nothing twice, and each moment belongs to one of its windows."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from accounts.models import User
from requests_app import ledger
from requests_app.budgets import Amount, states
from requests_app.errors import BudgetExceeded
from requests_app.models import AIRequest, BudgetWindow, TokenBudget

LATER = datetime(2100, 1, 1, tzinfo=UTC)
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"  # 14 hours before and 11 after UTC
ZONES = (EAST, WEST, "UTC", "Asia/Kolkata", "America/New_York", "Europe/Vienna")


def hold(user: User, tokens: int) -> None:
    with transaction.atomic():
        ledger.hold(AIRequest(user=user, team=user.personal_team, deadline=LATER), Amount(tokens=tokens))


def budget_of(user: User, period: str, zone: str) -> TokenBudget:
    return TokenBudget.objects.create(user=user, limit=Decimal(100), period=period, timezone=zone)


def move(budget: TokenBudget, zone: str) -> None:
    budget.timezone = zone
    budget.save()


def local_hour(hour: int) -> str:
    """A zone in which it is this hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"


def window_of_now(budget: TokenBudget) -> BudgetWindow:
    now = datetime.now(UTC)
    return BudgetWindow.objects.get(budget=budget, starts__lte=now, ends__gt=now)


def assert_no_overlap(budget: TokenBudget) -> None:
    rows = BudgetWindow.objects.filter(budget=budget).order_by("starts")
    assert all(first.ends <= second.starts for first, second in pairwise(rows))


@pytest.mark.parametrize("period", ["day", "month"])
@pytest.mark.parametrize("zone", ZONES)
def test_spent_budget_stays_spent(alice: User, period: str, zone: str) -> None:
    budget = budget_of(alice, period, "UTC")
    hold(alice, 100)
    move(budget, zone)
    with pytest.raises(BudgetExceeded):
        hold(alice, 1)
    assert_no_overlap(budget)
    end = window_of_now(budget).ends.astimezone(ZoneInfo(zone))
    assert (end.hour, end.minute) == (0, 0)
    behind = -(end.utcoffset() or timedelta())  # further west the same day ends later
    assert end - datetime.now(UTC) <= timedelta(days=1 if period == "day" else 32) + max(behind, timedelta())


def test_day_that_is_over_here_and_not_there_goes_on(alice: User) -> None:
    """It was used up yesterday; an hour further west it is yesterday still."""
    budget = budget_of(alice, "day", local_hour(0))
    hold(alice, 100)
    BudgetWindow.objects.update(
        starts=window_of_now(budget).starts - timedelta(days=1), ends=window_of_now(budget).starts
    )
    move(budget, local_hour(22))
    with pytest.raises(BudgetExceeded):
        hold(alice, 1)
    assert BudgetWindow.objects.filter(budget=budget).count() == 1


def test_day_that_has_begun_there_begins_here_at_its_next_midnight(alice: User) -> None:
    budget = budget_of(alice, "day", local_hour(22))
    hold(alice, 100)
    move(budget, local_hour(1))
    with pytest.raises(BudgetExceeded):
        hold(alice, 1)
    assert window_of_now(budget).ends - datetime.now(UTC) > timedelta(hours=22)


def test_window_opened_ahead_does_not_stand_in_the_way(alice: User) -> None:
    budget = budget_of(alice, "day", "UTC")
    hold(alice, 1)
    assert ledger.open_coming() == 1
    move(budget, EAST)
    assert ledger.open_coming() == 1
    assert_no_overlap(budget)
    hold(alice, 1)


def _open_coming() -> int:
    try:
        return ledger.open_coming()
    finally:
        connection.close()


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_clear_snapshot(), count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchall()[0][1])


@pytest.mark.usefixtures("committed")
def test_window_opened_ahead_meanwhile_begins_where_the_moved_one_ends() -> None:
    alice = User.objects.create_user("alice")
    budget = budget_of(alice, "day", "UTC")
    hold(alice, 1)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            move(budget, WEST)
            opening = threads.submit(_open_coming)
            while not somebody_waits_for_a_lock():
                assert not opening.done()
        assert opening.result() == 1
    now, coming = BudgetWindow.objects.filter(budget=budget).order_by("starts")
    assert now.ends == coming.starts


@pytest.mark.parametrize("seed", range(10))
def test_any_changes_leave_one_window_for_now(alice: User, seed: int) -> None:
    chance = random.Random(seed)
    budget = budget_of(alice, chance.choice(["day", "month"]), chance.choice(ZONES))
    for taken in range(8):
        if chance.random() < 0.3:
            ledger.open_coming()
        move(budget, chance.choice(ZONES))
        hold(alice, 10)
        assert_no_overlap(budget)
        assert window_of_now(budget).held == 10 * (taken + 1)
        [shown] = [state for state in states(alice) if state.limit == 100]
        assert shown.resets_at == window_of_now(budget).ends
