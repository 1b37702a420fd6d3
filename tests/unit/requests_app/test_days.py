from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import Settings

from requests_app.days import bounds, day_of


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", date(2026, 3, 1)), ("Pacific/Auckland", date(2026, 3, 2)), ("America/Lima", date(2026, 3, 1))],
)
def test_a_moment_falls_on_the_day_of_the_time_zone(settings: Settings, zone: str, day: date) -> None:
    settings.LINTEL_TIME_ZONE = zone
    assert day_of(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)) == day


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_days_of_a_changing_clock_meet(settings: Settings, day: date, hours: int) -> None:
    settings.LINTEL_TIME_ZONE = "Europe/Berlin"
    first, after = (moment.astimezone(UTC) for moment in bounds(day))
    assert after - first == timedelta(hours=hours)
    assert (day_of(first), day_of(after)) == (day, day + timedelta(days=1))
    assert bounds(day + timedelta(days=1))[0].astimezone(UTC) == after
