"""The stored figures of days: written whole, read by pages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, fields
from datetime import date, timedelta

from django.db import transaction

from ai.quality import TRAILING_DAYS
from requests_app.models import QualityDay
from requests_app.reports.figures import Day, Figures, Subject

COLUMNS = [field.name for field in fields(Figures)]


def keep(day: date, figures: Day) -> None:
    """In the place of what stood there. Whoever calls sees to it that nobody else writes the same day."""
    rows = [
        QualityDay(day=day, prompt_key=subject.prompt, prompt_version=subject.version, **asdict(one))
        for subject, one in figures.items()
    ]
    with transaction.atomic():
        QualityDay.objects.filter(day=day).delete()
        QualityDay.objects.bulk_create(rows)


def kept_before(day: date) -> dict[date, Day]:
    """Of the prompt versions, on those of the trailing days that have figures."""
    first = day - timedelta(days=TRAILING_DAYS)
    rows = QualityDay.objects.filter(day__gte=first, day__lt=day).exclude(prompt_version="").order_by("day")
    found: dict[date, Day] = defaultdict(dict)
    for row in rows:
        found[row.day][Subject(prompt=row.prompt_key, version=row.prompt_version)] = figures_in(row)
    return dict(found)


def figures_in(row: QualityDay) -> Figures:
    return Figures(**{name: getattr(row, name) for name in COLUMNS})
