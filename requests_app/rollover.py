"""The turn of a day or a month: coming windows are opened ahead, and what the present ones hold is reported.

Nothing rests on it: the first request of a period opens its window where nobody did.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Count, Q, Sum

from requests_app import ledger
from requests_app.models import BudgetWindow, Measure, Period
from requests_app.models.clock import DatabaseClock

logger = logging.getLogger(__name__)


def roll_over() -> None:
    opened = ledger.open_coming()
    facts = {"opened": opened, **_totals()}
    logger.info(
        "budgets: %(opened)d windows opened ahead; of %(windows)d now %(full)d are full;"
        " today's users have used %(used)d tokens and hold %(held)d",
        facts,
    )


def _totals() -> Mapping[str, int | Decimal]:
    """Every request is in a window of its user's tokens for the day: those alone are summed, each once."""
    now = DatabaseClock()
    windows = BudgetWindow.objects.filter(starts__lte=now, ends__gt=now)
    days = Q(budget__measure=Measure.TOKENS, budget__period=Period.DAY, budget__team=None)
    return windows.aggregate(
        windows=Count("id"),
        used=Sum("used", filter=days, default=Decimal(0)),
        held=Sum("held", filter=days, default=Decimal(0)),
        full=Count("id", filter=Q(announced=100)),
    )
