"""Holds and settlements: no window is ever promised more than its limit, and what was used is booked once."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from pytest_django import Settings

from accounts.models import User
from requests_app import ledger
from requests_app.budgets import Amount
from requests_app.errors import BudgetExceeded, PriceUnknown
from requests_app.models import AIRequest, BudgetHold, BudgetWindow, HoldShare, HoldState, TokenBudget

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def limited(user: User, limit: str, *, measure: str = "tokens", period: str = "day", zone: str = "UTC") -> TokenBudget:
    budget, _ = TokenBudget.objects.update_or_create(
        user=user, measure=measure, period=period, defaults={"limit": Decimal(limit), "timezone": zone}
    )
    return budget


def held(user: User, tokens: int, usd: str | None = "0") -> AIRequest:
    request = new(user)
    with transaction.atomic():
        ledger.hold(request, Amount(tokens=tokens, usd=None if usd is None else Decimal(usd)))
    return request


def new(user: User) -> AIRequest:
    """A request as its budgets see it."""
    return AIRequest(user=user, team=user.personal_team, deadline=LATER)


def window(budget: TokenBudget) -> tuple[float, float]:
    """What is used, and what is held."""
    row = BudgetWindow.objects.get(budget=budget)
    return float(row.used), float(row.held)


class TestHolding:
    def test_whoever_has_no_budget_has_the_default_one(self, alice: User, settings: Settings) -> None:
        settings.LINTEL_DAILY_TOKENS = 100
        held(alice, 60)
        with pytest.raises(BudgetExceeded) as refused:
            held(alice, 41)
        assert [full.remaining for full in refused.value.windows] == [40]
        held(alice, 40)

    def test_no_default_is_no_limit(self, alice: User, settings: Settings) -> None:
        settings.LINTEL_DAILY_TOKENS = None
        held(alice, 10**9)

    def test_every_window_must_have_room(self, alice: User) -> None:
        day, month = limited(alice, "100"), limited(alice, "150", period="month")
        team = TokenBudget.objects.create(team=alice.personal_team, measure="usd", limit=Decimal("0.5"))
        held(alice, 90, "0.4")
        with pytest.raises(BudgetExceeded) as refused:
            held(alice, 70, "0.2")
        assert {(full.period, full.limit) for full in refused.value.windows} == {
            ("day", 100),
            ("month", 150),
            ("day", Decimal("0.5")),
        }
        assert [window(budget) for budget in (day, month, team)] == [(0, 90), (0, 90), (0, 0.4)]

    def test_refusal_leaves_nothing(self, alice: User) -> None:
        limited(alice, "10")
        with pytest.raises(BudgetExceeded):
            held(alice, 11)
        assert not BudgetHold.objects.exists()
        assert not HoldShare.objects.exists()

    def test_unknown_price_is_refused_under_a_dollar_budget_only(self, alice: User) -> None:
        held(alice, 1, None)
        limited(alice, "5", measure="usd")
        with pytest.raises(PriceUnknown):
            held(alice, 1, None)

    def test_window_begins_with_the_day_of_its_time_zone(self, alice: User) -> None:
        budget = limited(alice, "100", zone="Pacific/Kiritimati")
        held(alice, 1)
        row = BudgetWindow.objects.get(budget=budget)
        assert row.ends - row.starts == timedelta(days=1)
        assert row.starts.hour == 10  # UTC+14
        assert row.starts <= datetime.now(UTC) < row.ends

    def test_new_period_has_a_new_window(self, alice: User) -> None:
        budget = limited(alice, "100")
        held(alice, 100)
        yesterday = timedelta(days=1)
        row = BudgetWindow.objects.get(budget=budget)
        BudgetWindow.objects.filter(pk=row.pk).update(starts=row.starts - yesterday, ends=row.ends - yesterday)
        held(alice, 100)
        assert BudgetWindow.objects.filter(budget=budget).count() == 2


class TestSpending:
    def test_use_comes_out_of_the_hold(self, alice: User) -> None:
        budget = limited(alice, "100")
        request = held(alice, 60)
        ledger.book(request.pk, Amount(tokens=25))
        assert window(budget) == (25, 35)
        ledger.close(request.pk)
        assert window(budget) == (25, 0)
        assert BudgetHold.objects.get().state == HoldState.SETTLED

    def test_more_than_was_held_is_booked_all_the_same(self, alice: User) -> None:
        budget = limited(alice, "100")
        request = held(alice, 60)
        ledger.book(request.pk, Amount(tokens=130))
        assert window(budget) == (130, 0)

    def test_late_correction_goes_to_the_windows_of_the_hold(self, alice: User) -> None:
        budget = limited(alice, "100")
        request = held(alice, 60)
        ledger.book(request.pk, Amount(tokens=50))
        ledger.close(request.pk)
        BudgetWindow.objects.filter(budget=budget).update(starts=LATER, ends=LATER + timedelta(days=1))
        ledger.book(request.pk, Amount(tokens=-20))
        assert window(budget) == (30, 0)

    def test_top_up_covers_a_further_call_where_there_is_room(self, alice: User) -> None:
        budget = limited(alice, "100")
        request = held(alice, 40)
        ledger.book(request.pk, Amount(tokens=30))
        ledger.top_up(request.pk, Amount(tokens=40))
        assert window(budget) == (30, 40)
        ledger.book(request.pk, Amount(tokens=35))
        with pytest.raises(BudgetExceeded):
            ledger.top_up(request.pk, Amount(tokens=40))
        assert window(budget) == (65, 5)

    def test_use_without_a_price_takes_all_that_was_held_in_dollars(self, alice: User) -> None:
        dollars = limited(alice, "5", measure="usd")
        request = held(alice, 10, "0.25")
        ledger.book(request.pk, Amount(tokens=10, usd=None))
        assert window(dollars) == (0.25, 0)

    def test_closing_twice_changes_nothing(self, alice: User) -> None:
        budget = limited(alice, "100")
        request = held(alice, 40)
        for _again in range(2):
            ledger.close(request.pk)
        assert window(budget) == (0, 0)


class TestRaces:
    def test_fifty_at_once_for_ten(self, committed: None) -> None:
        alice = User.objects.create_user("alice")
        budget = limited(alice, "100")
        requests = [new(alice) for _ in range(50)]
        with ThreadPoolExecutor(16) as threads:
            accepted = list(threads.map(_try_to_hold, requests))
        assert sum(accepted) == 10
        assert window(budget) == (0, 100)

    def test_windows_in_any_order_never_deadlock(self, committed: None) -> None:
        people = [User.objects.create_user(name) for name in ("alice", "bob", "carol", "dora")]
        team = people[0].personal_team
        for person in people:
            limited(person, "1000000")
        TokenBudget.objects.create(team=team, limit=Decimal(1_000_000))
        rolls = random.Random(5)
        requests = []
        for _ in range(80):
            request = new(rolls.choice(people))
            request.team = team
            requests.append(request)
        with ThreadPoolExecutor(16) as threads:
            assert all(threads.map(_live, requests))
        booked = HoldShare.objects.values("window").annotate(used=Sum("used"), held=Sum("held"))
        assert {(row["window"], row["used"], row["held"]) for row in booked} == set(
            BudgetWindow.objects.values_list("pk", "used", "held")
        )
        assert BudgetWindow.objects.get(budget__team=team).used == 80 * 7


def _try_to_hold(request: AIRequest) -> bool:
    try:
        with transaction.atomic():
            ledger.hold(request, Amount(tokens=10))
    except BudgetExceeded:
        return False
    finally:
        connection.close()
    return True


def _live(request: AIRequest) -> bool:
    """The life of a hold over two calls."""
    try:
        with transaction.atomic():
            ledger.hold(request, Amount(tokens=10))
        with transaction.atomic():
            ledger.book(request.pk, Amount(tokens=3))
            ledger.top_up(request.pk, Amount(tokens=10))
        with transaction.atomic():
            ledger.book(request.pk, Amount(tokens=4))
            ledger.close(request.pk)
    finally:
        connection.close()
    return True
