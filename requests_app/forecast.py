"""Where a budget's window ends if it goes on as it has: a straight line from its beginning through now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from requests_app.budgets import WindowState

TICK = timedelta(microseconds=1)
TOO_EARLY = Decimal("0.02")  # of the window: before, one request would foretell the whole of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """``reaches`` is when the limit will be used up, None where the window ends before that."""

    at_end: Decimal
    reaches: datetime | None


def forecast(window: WindowState, now: datetime) -> Forecast | None:
    """None where nothing is foretold: nothing used, too early, or used up already."""
    length = window.resets_at - window.starts
    whole, elapsed = length // TICK, min((now - window.starts) // TICK, length // TICK)
    full = window.limit is not None and window.used >= window.limit
    if window.used <= 0 or elapsed < whole * TOO_EARLY or full:
        return None
    at_end = window.used * whole / elapsed
    if window.limit is None or at_end <= window.limit:
        return Forecast(at_end=at_end, reaches=None)
    return Forecast(at_end=at_end, reaches=window.starts + length * float(window.limit / at_end))
