"""A budget's window goes on in a straight line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from requests_app.budgets import WindowState
from requests_app.forecast import forecast

START = datetime(2026, 11, 1, tzinfo=UTC)


def window(used: str, limit: str | None) -> WindowState:
    return WindowState(
        team=None, measure="usd", period="month", limit=None if limit is None else Decimal(limit), used=Decimal(used),
        held=Decimal(0), starts=START, resets_at=START + timedelta(days=30),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("used", "limit", "days", "at_end", "reached_after"),
    [
        ("10", "100", 10, "30", None),
        ("10", "30", 10, "30", None),
        ("10", "20", 10, "30", 20),
        ("15", "30", 3, "150", 6),
        ("10", None, 10, "30", None),
    ],
)
def test_pace_goes_on(used: str, limit: str | None, days: int, at_end: str, reached_after: int | None) -> None:
    found = forecast(window(used, limit), START + timedelta(days=days))
    assert found is not None
    assert found.at_end.quantize(Decimal("0.001")) == Decimal(at_end)
    expected = None if reached_after is None else START + timedelta(days=reached_after)
    assert (found.reaches is None) == (expected is None)
    assert expected is None or abs((found.reaches or START) - expected) < timedelta(seconds=1)


@pytest.mark.parametrize(("used", "limit", "days"), [("0", "5", 10), ("1", "5", 0.5), ("5", "5", 10), ("6", "5", 10)])
def test_nothing_is_foretold(used: str, limit: str, days: float) -> None:
    assert forecast(window(used, limit), START + timedelta(days=days)) is None
