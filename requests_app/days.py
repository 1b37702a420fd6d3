"""The days that reports and costs are told by: those of ``LINTEL_TIME_ZONE``."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings


def zone() -> ZoneInfo:
    return ZoneInfo(settings.LINTEL_TIME_ZONE)


def day_of(moment: datetime) -> date:
    """The day on which an aware moment falls."""
    return moment.astimezone(zone()).date()


def bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of the day and the first one after it: 23 to 25 hours apart."""
    first, after = (datetime.combine(one, time.min, tzinfo=zone()) for one in (day, day + timedelta(days=1)))
    return first, after
