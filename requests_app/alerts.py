"""Rules about a day's cost: reached, one is announced once a day, whoever looks and however often."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ai.signals import announce
from requests_app.days import day_of
from requests_app.models import CostAlertDay
from requests_app.signals import CostReached, cost_reached

# Late events may still carry yesterday over a limit; a rule says nothing of the days before it was made.
CHECK = """
INSERT INTO requests_app_costalertday (alert_id, day, cost_usd, limit_usd)
SELECT alert.id, day_.day, day_.cost_usd, alert.limit_usd
FROM requests_app_costalert AS alert
JOIN requests_app_usageday AS day_
    ON day_.scope = CASE WHEN alert.team_id IS NULL THEN 'all' ELSE 'team' END
    AND day_.scope_id IS NOT DISTINCT FROM alert.team_id
    AND day_.dimension = CASE WHEN alert.prompt_key = '' THEN 'total' ELSE 'prompt' END
    AND day_.value = alert.prompt_key
WHERE alert.active AND day_.cost_usd >= alert.limit_usd AND day_.day >= %(since)s
    AND day_.day >= (alert.created AT TIME ZONE %(zone)s)::date
ON CONFLICT (alert_id, day) DO NOTHING
RETURNING id
"""
ALERTS_SHOWN = 10


def check() -> int:
    """Announce what has been reached since it was last looked; how much. Safe anywhere, any number of times."""
    since = day_of(timezone.now()) - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(CHECK, {"since": since, "zone": settings.LINTEL_TIME_ZONE})
        ids = [row[0] for row in cursor.fetchall()]
    for reached in CostAlertDay.objects.filter(pk__in=ids).select_related("alert").order_by("pk"):
        announce(cost_reached, _facts(reached))
    return len(ids)


def reached_since(day: date) -> list[CostAlertDay]:
    days = CostAlertDay.objects.filter(day__gte=day).select_related("alert__team")
    return list(days.order_by("-day", "-at", "-pk")[:ALERTS_SHOWN])


def _facts(reached: CostAlertDay) -> CostReached:
    return CostReached(
        alert_id=reached.alert_id,
        prompt_key=reached.alert.prompt_key,
        team_id=reached.alert.team_id,
        day=reached.day,
        cost_usd=reached.cost_usd,
        limit_usd=reached.limit_usd,
    )
