"""Counts what was used into sums by day: exactly, whatever is killed, late or repeated.

What is not counted yet stands in an outbox, written with what is to be counted. A count takes a part of it and adds it
to the sums in one transaction, under a lock that lets one count run at a time. A correction, and whatever is said of an
answer, belongs to the day and the kinds of the call that it is about. An answer that may serve again, or did, belongs
to the day on which it was delivered: it may have had no call.

An answer is approved where somebody said so, by a thumb up or as a reviewer, and nobody said the opposite.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from ai.tracking import LLMUsageLog
from requests_app import alerts
from requests_app.days import day_of
from requests_app.models import AIRequest, Status, UncountedAnswer, UncountedReuse, UncountedUsage, UsageCount, UsageDay
from requests_app.tally_statements import (
    COUNT_ANSWERS,
    COUNT_REUSE,
    COUNT_USAGE,
    JUDGED,
    REBUILD_DAY,
    REBUILD_REUSE,
)

ADVISORY_LOCK = 0x54414C4C  # "TALL": one count at a time
SMALL, LARGE = 1_000, 20_000


def count(most: int = SMALL) -> int | None:
    """Count at most so many of each kind; how many in all. None where another count is under way."""
    with _alone(wait=False) as alone:
        if not alone:
            return None
        began = timezone.now()
        found = _count_usage(most) + _count_answers(most) + _count_reuse(most)
        alerts.check()
        if found < most:
            _note(as_of=began)
        return found


def count_all() -> int:
    """Count until nothing is left that was there at the beginning, or another count is under way."""
    total = 0
    while found := count(LARGE):
        total += found
    return total


def uncounted() -> bool:
    return any(each.objects.exists() for each in (UncountedUsage, UncountedAnswer, UncountedReuse))


def rebuild(since: date | None = None) -> Iterator[date]:
    """Make the sums anew from the log, one day a transaction, each of which is told when it is done."""
    first, last = _first_day(), day_of(timezone.now() + timedelta(days=1))
    _forget(since=since or date.min, before=first, after=last)
    day = max(since or first, first)
    while day <= last:
        _rebuild(day)
        yield day
        day += timedelta(days=1)
    with _alone(wait=True), connection.cursor() as cursor:
        cursor.execute(JUDGED)
        if since is None or since <= first:
            _note(time_zone=settings.LINTEL_TIME_ZONE)
    count_all()


@contextmanager
def _alone(*, wait: bool) -> Iterator[bool]:
    with transaction.atomic(), connection.cursor() as cursor:
        if wait:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
            yield True
            return
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        yield cursor.fetchone()[0]


def _count_usage(most: int) -> int:
    ids = list(UncountedUsage.objects.order_by("pk").values_list("pk", flat=True)[:most])
    if ids:
        _run(COUNT_USAGE, ids=ids)
    return len(ids)


def _count_answers(most: int) -> int:
    rows = list(UncountedAnswer.objects.order_by("pk").values_list("pk", "request")[:most])
    if rows:
        UncountedAnswer.objects.filter(pk__in=[pk for pk, _request in rows]).delete()
        _run(COUNT_ANSWERS, requests=[request for _pk, request in rows])
    return len(rows)


def _count_reuse(most: int) -> int:
    ids = list(UncountedReuse.objects.order_by("pk").values_list("pk", flat=True)[:most])
    if ids:
        _run(COUNT_REUSE, ids=ids)
    return len(ids)


def _rebuild(day: date) -> None:
    with _alone(wait=True):
        UsageDay.objects.filter(day=day).delete()
        _run(REBUILD_DAY, day=day)
        _run(REBUILD_REUSE, day=day)


def _forget(*, since: date, before: date, after: date) -> None:
    """Days of which nothing is left to be counted."""
    with _alone(wait=True):
        UsageDay.objects.filter(day__gte=since).exclude(day__range=(before, after)).delete()


def _first_day() -> date:
    """Of what is counted; the sums may begin a day earlier, where they were made in another time zone."""
    reusable = AIRequest.objects.filter(status=Status.DONE).exclude(fingerprint="")
    called = LLMUsageLog.objects.aggregate(first=Min("created"))["first"]
    delivered = reusable.aggregate(first=Min("completed"))["first"]
    return day_of(min(filter(None, (called, delivered)), default=timezone.now()))


def _note(**changes: Any) -> None:
    UsageCount.objects.update_or_create(
        pk=1, defaults=changes, create_defaults={"time_zone": settings.LINTEL_TIME_ZONE, **changes}
    )


def _run(statement: str, **arguments: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
        cursor.execute(statement, {"zone": settings.LINTEL_TIME_ZONE, **arguments})
