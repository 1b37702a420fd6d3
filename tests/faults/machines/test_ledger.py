"""Budgets in any order of events: used and held of every window are the model's after every step (I5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from django.db.models import F, Sum
from hypothesis.stateful import Bundle, consumes, initialize, invariant, multiple, rule
from pytest_django import Settings

from accounts.models import Team, User
from requests_app import ledger
from requests_app.budgets import NOTHING, Amount
from requests_app.errors import BudgetExceeded, PriceUnknown
from requests_app.models import AIRequest, BudgetHold, BudgetWindow, HoldShare, HoldState, TokenBudget
from tests.faults.machines.ledger_model import Budget, Share, full
from tests.faults.machines.running import RolledBack, run_machine

DEFAULT = Decimal(300)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
KINDS = [(measure, period) for measure in ("tokens", "usd") for period in ("day", "month")]
OWNERS = ["alice", "bob", "quay", "harbour"]
ADVANCE = """
UPDATE requests_app_budgetwindow AS window_ SET
    starts = (starts AT TIME ZONE budget.timezone - ('1 ' || budget.period)::interval) AT TIME ZONE budget.timezone,
    ends = (ends AT TIME ZONE budget.timezone - ('1 ' || budget.period)::interval) AT TIME ZONE budget.timezone
FROM requests_app_tokenbudget AS budget WHERE budget.id = window_.budget_id AND window_.id = %s
"""

tokens = st.integers(0, 200)
dollars = st.decimals(0, 2, places=3)
covers = st.builds(Amount, tokens=tokens, usd=st.none() | dollars)
uses = st.builds(Amount, tokens=st.integers(-100, 300), usd=st.none() | st.decimals(-1, 3, places=3))
limits = st.none() | st.integers(0, 500)
kinds = st.sampled_from(KINDS)


def midday_zone() -> str:
    """Where no day ends while a test runs."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


class Ledger(RolledBack):
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.zone = midday_zone()
        self.budgets: dict[tuple[str, str, str], Budget] = {}
        self.rows: dict[Budget, UUID] = {}
        self.shares: dict[UUID, list[Share]] = {}
        self.closed: set[UUID] = set()
        self.users = {name: User.objects.create_user(name) for name in ("alice", "bob")}
        self.teams = {name: Team.objects.create(name=name) for name in ("quay", "harbour")}

    @initialize()
    def default_budgets(self) -> None:
        """As the first request makes them, but in a zone where it is midday."""
        for name in self.users:
            self._add(name, "tokens", "day", None)

    @rule(owner=st.sampled_from(OWNERS), kind=kinds, limit=limits)
    def set_limit(self, owner: str, kind: tuple[str, str], limit: int | None) -> None:
        budget = self.budgets.get((owner, *kind))
        if budget is None:
            self._add(owner, *kind, None if limit is None else Decimal(limit))
            return
        budget.limit = None if limit is None else Decimal(limit)
        TokenBudget.objects.filter(pk=self.rows[budget]).update(limit=budget.limit)

    @rule(target=holds, user=st.sampled_from(["alice", "bob"]), team=st.sampled_from(["quay", "harbour"]), cover=covers)
    def open_hold(self, user: str, team: str, cover: Amount) -> Any:
        request = AIRequest(user=self.users[user], team=self.teams[team], deadline=LATER)
        shares = [budget.share_of_now() for budget in self.budgets.values() if budget.owner in (user, team)]
        hold = partial(self._hold, request, cover)
        unpriced = cover.usd is None and any(s.budget.measure == "usd" and s.budget.most is not None for s in shares)
        if self._refused(hold, shares, cover, used=NOTHING) or (unpriced and self._price_unknown(hold)):
            self._forget_windows()
            return multiple()
        self.shares[request.pk] = shares
        self._accept(hold, request.pk, cover, used=NOTHING)
        return request.pk

    @rule(hold=holds, cover=covers, used=uses)
    def top_up(self, hold: UUID, cover: Amount, used: Amount) -> None:
        """Of an open hold: who would open a call of an ended request has lost its fence before."""
        topped = partial(self._top_up, hold, cover, used)
        if hold not in self.closed and not self._refused(topped, self.shares[hold], cover, used=used):
            self._accept(topped, hold, cover, used=used)

    @rule(hold=holds, used=uses)
    def book(self, hold: UUID, used: Amount) -> None:
        """Also of a hold that was closed long ago."""
        ledger.book(hold, used)
        for share in self.shares[hold]:
            if used != NOTHING:
                share.book(used)

    @rule(hold=holds, used=uses)
    def close(self, hold: UUID, used: Amount) -> None:
        ledger.close(hold, used)
        for share in self.shares[hold]:
            share.book(used)
            share.close()
        self.closed.add(hold)

    @rule(hold=consumes(holds))
    def close_twice_and_leave(self, hold: UUID) -> None:
        for _twice in range(2):
            self.close(hold, NOTHING)

    @rule()
    def advance(self) -> None:
        """A period ends for all of them, whatever is held."""
        for window_id in BudgetWindow.objects.order_by("starts").values_list("pk", flat=True):
            with connection.cursor() as cursor:
                cursor.execute(ADVANCE, [window_id])
        for budget in self.budgets.values():
            budget.advance()

    @rule()
    def open_coming(self) -> None:
        opened = [budget.open_coming() for budget in self.budgets.values()]
        assert ledger.open_coming() == sum(opened)

    @invariant()
    def windows_are_the_model_s(self) -> None:
        found: dict[UUID, list[tuple[Any, ...]]] = {row: [] for row in self.rows.values()}
        for budget_id, *figures in BudgetWindow.objects.order_by("starts").values_list(
            "budget_id", "used", "held", "announced"
        ):
            found[budget_id].append(tuple(figures))
        for budget, row in self.rows.items():
            assert found[row] == [window.figures for _number, window in sorted(budget.windows.items())], budget

    @invariant()
    def windows_are_the_sums_of_their_shares(self) -> None:
        summed = BudgetWindow.objects.annotate(
            used_of_shares=Sum("shares__used", default=Decimal(0)),
            held_of_shares=Sum("shares__held", default=Decimal(0)),
        )
        assert not summed.exclude(used=F("used_of_shares"), held=F("held_of_shares")).exists()

    @invariant()
    def closed_holds_hold_nothing(self) -> None:
        settled = BudgetHold.objects.filter(state=HoldState.SETTLED)
        assert set(settled.values_list("pk", flat=True)) == self.closed
        assert not HoldShare.objects.filter(hold__in=settled, held__gt=0).exists()

    def _add(self, owner: str, measure: str, period: str, limit: Decimal | None) -> None:
        default = owner in self.users and (measure, period) == ("tokens", "day")
        row = TokenBudget.objects.create(
            user=self.users.get(owner),
            team=self.teams.get(owner),
            measure=measure,
            period=period,
            limit=limit,
            timezone=self.zone,
        )
        budget = Budget(owner, measure, period, limit, DEFAULT if default else None)
        self.budgets[owner, measure, period], self.rows[budget] = budget, row.pk

    def _hold(self, request: AIRequest, cover: Amount) -> None:
        with transaction.atomic():
            ledger.hold(request, cover)

    def _top_up(self, hold: UUID, cover: Amount, used: Amount) -> None:
        with transaction.atomic():
            ledger.top_up(hold, cover, used=used)

    def _refused(self, step: Callable[[], None], shares: Sequence[Share], cover: Amount, *, used: Amount) -> bool:
        """Where the model sees no room the ledger names the same budgets, and leaves everything as it was."""
        expected = sorted((b.measure, b.period, b.most) for b in full(shares, used=used, cover=cover))
        if expected:
            with pytest.raises(BudgetExceeded) as refused:
                step()
            assert sorted((w.measure, w.period, w.limit) for w in refused.value.windows) == expected
        return bool(expected)

    def _price_unknown(self, step: Callable[[], None]) -> bool:
        with pytest.raises(PriceUnknown):
            step()
        return True

    def _forget_windows(self) -> None:
        """Those that a refused hold would have opened went with it."""
        for budget, row in self.rows.items():
            if len(budget.windows) > BudgetWindow.objects.filter(budget=row).count():
                del budget.windows[0]

    def _accept(self, step: Callable[[], None], hold: UUID, cover: Amount, *, used: Amount) -> None:
        """I5: whatever is held anew fits into the limit, as the rows have it."""
        step()
        for share in self.shares[hold]:
            share.book(used)
            before = share.held
            share.cover(cover)
            row = HoldShare.objects.select_related("window").get(hold=hold, window__budget=self.rows[share.budget])
            if share.held > before and share.budget.most is not None:
                assert row.window.used + row.window.held <= share.budget.most


@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("db")
def test_ledger(settings: Settings) -> None:
    settings.LINTEL_DAILY_TOKENS = int(DEFAULT)
    settings.LINTEL_USER_REQUESTS = settings.LINTEL_TEAM_REQUESTS = settings.LINTEL_REQUESTS_PER_MINUTE = None
    run_machine(Ledger, examples=50, steps=40)
