"""Budgets: what a request may spend is held before its calls, and settled by what they used.

A hold covers the next call. It is taken in the commit that accepts the request, topped up in the commits that open
further calls, and closed in the one that ends the request; what a call used is booked with its usage record, whoever
writes that. All go through one SQL function, which locks the windows concerned in the order of their ids, so limits
hold under any concurrency and nothing depends on a reset. Callers have locked the request's row before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from ai.pricing import cost_of
from ai.signals import announce
from ai.types import ModelSpec, Usage
from requests_app.budgets import NOTHING, Amount, state_of
from requests_app.errors import BudgetExceeded, PriceUnknown, TooMany
from requests_app.models import AIRequest, BudgetWindow, HoldShare, Measure
from requests_app.signals import BudgetReached, budget_reached

OPEN = "SELECT * FROM requests_app_open_hold(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
MOVE = "SELECT * FROM requests_app_move_hold(%s, %s, %s, %s, %s, %s, %s)"
IN_USE = """
FROM requests_app_tokenbudget AS budget
CROSS JOIN LATERAL (
    SELECT starts, ends, used, held FROM requests_app_budgetwindow
    WHERE budget_id = budget.id ORDER BY starts DESC LIMIT 1
) AS latest
WHERE latest.starts <= clock_timestamp() AND latest.ends > clock_timestamp() AND (latest.used <> 0 OR latest.held <> 0)
"""
# In a statement of its own: one that has waited for whoever moves a budget's midnight still sees its old windows.
LOCK_IN_USE = f"SELECT budget.id {IN_USE} ORDER BY budget.id FOR SHARE OF budget"
COMING = f"""
INSERT INTO requests_app_budgetwindow (id, budget_id, starts, ends, used, held, announced)
SELECT gen_random_uuid(), budget.id, latest.ends,
    (date_trunc(budget.period, latest.ends AT TIME ZONE budget.timezone) + ('1 ' || budget.period)::interval)
        AT TIME ZONE budget.timezone, 0, 0, 0
{IN_USE} AND budget.id = ANY(%s)
ORDER BY budget.id
ON CONFLICT DO NOTHING
"""

BUSY_WAIT_S = 5
TOO_MANY = {
    "user_busy": "You have too many requests under way; wait for some of them to end.",
    "team_busy": "Your team has too many requests under way; wait for some of them to end.",
    "too_fast": "You send requests too fast.",
}


def most_of(route: Iterable[ModelSpec], *, input_tokens: int, output_tokens: int) -> Amount:
    """What one call may spend at the dearest model of a route."""
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens, estimated=True)
    costs = [cost_of(usage, model) for model in route]
    known = [cost.usd for cost in costs if cost is not None]
    return Amount(tokens=input_tokens + output_tokens, usd=max(known) if len(known) == len(costs) else None)


def hold(request: AIRequest, cover: Amount) -> None:
    """Open the hold of a request that the current transaction has inserted.

    Raises BudgetExceeded, PriceUnknown; TooMany where its user or team has too many under way, or sends too fast.
    """
    limits = [settings.LINTEL_USER_REQUESTS, settings.LINTEL_TEAM_REQUESTS, settings.LINTEL_REQUESTS_PER_MINUTE]
    _open(cover, [request.pk, request.user_id, request.team_id, request.deadline], limits)


def hold_for(reference: UUID, cover: Amount, *, user_id: UUID, team_id: UUID, expires: datetime) -> None:
    """Open the hold of work that is no request; raises BudgetExceeded, PriceUnknown."""
    _open(cover, [reference, user_id, team_id, expires], [None, None, None])


def _open(cover: Amount, whose: list[Any], limits: list[int | None]) -> None:
    _call(OPEN, [*whose, cover.tokens, cover.usd, settings.LINTEL_DAILY_TOKENS, *limits], cover=cover)
    if cover.usd is None and _limits_dollars(whose[0]):
        raise PriceUnknown("The price of this prompt's model is not known, and a budget in dollars applies.")


def top_up(reference: UUID, cover: Amount, *, used: Amount = NOTHING) -> None:
    """Settle what the last call used and make the hold cover a further one; raises BudgetExceeded where it cannot."""
    _move(reference, used=used, cover=cover)


def book(reference: UUID, used: Amount) -> None:
    """Settle what a call used, also of a hold that was closed long ago."""
    if used != NOTHING:
        _move(reference, used=used)


def book_late(reference: UUID, used: Amount) -> None:
    """Settle a call that was given up already: what is held by now is held for a later call, and stays so."""
    shares = HoldShare.objects.filter(hold_id=reference)
    before = dict(shares.values_list("pk", "held"))
    book(reference, used)
    for share in shares:
        if taken := before[share.pk] - share.held:  # the windows are locked by now
            shares.filter(pk=share.pk).update(held=F("held") + taken)
            BudgetWindow.objects.filter(pk=share.window_id).update(held=F("held") + taken)


def close(reference: UUID, used: Amount = NOTHING) -> None:
    """Settle what the last call used and give back what is still held: the request has ended."""
    _move(reference, used=used, closing=True)


def lock(references: Sequence[UUID]) -> None:
    """Lock the windows of several holds in everybody's order, before they are moved in one transaction."""
    shares = HoldShare.objects.filter(hold_id__in=references)
    list(BudgetWindow.objects.filter(pk__in=shares.values("window_id")).order_by("pk").select_for_update())


def open_coming() -> int:
    """Open the next window of each budget that is in use now; returns how many there were not yet."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_IN_USE)
        cursor.execute(COMING, [[budget_id for (budget_id,) in cursor.fetchall()]])
        return int(cursor.rowcount)


def _move(reference: UUID, *, used: Amount = NOTHING, cover: Amount | None = None, closing: bool = False) -> None:
    covers = [None, None] if cover is None else [cover.tokens, cover.usd]
    arguments = [reference, used.tokens, used.usd, *covers, settings.LINTEL_DAILY_TOKENS, closing]
    _call(MOVE, arguments, cover=cover or NOTHING)


def _call(function: str, arguments: list[Any], *, cover: Amount) -> None:
    with connection.cursor() as cursor:
        cursor.execute(function, arguments)
        rows: list[tuple[str, UUID, Decimal]] = cursor.fetchall()
    for kind, window_id, percent in rows:
        if kind == "reached":
            announce(budget_reached, BudgetReached(window_id=window_id, percent=int(percent)))
    for kind, _subject, amount in rows:
        if kind in TOO_MANY:
            raise TooMany(TOO_MANY[kind], wait_s=math.ceil(amount) if kind == "too_fast" else BUSY_WAIT_S)
    if full := [window_id for kind, window_id, _amount in rows if kind == "full"]:
        windows = BudgetWindow.objects.select_related("budget__user", "budget__team").filter(pk__in=full)
        raise BudgetExceeded([state_of(window) for window in windows.order_by("ends")], needed=cover)


def _limits_dollars(reference: UUID) -> bool:
    shares = HoldShare.objects.filter(hold_id=reference, window__budget__measure=Measure.USD)
    return shares.exclude(window__budget__limit=None).exists()
