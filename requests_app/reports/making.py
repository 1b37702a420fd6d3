"""When reports are made: once a day, whoever asks and however often; again where something of the day came late.

Any number of beats, workers and commands may run this at once. The row of the day decides who makes its report; who
comes second waits for the first and finds it made.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from ai.quality import TRAILING_DAYS
from requests_app import days
from requests_app.models import PromptReview, QualityReport
from requests_app.models.clock import DatabaseClock
from requests_app.reports import compare
from requests_app.reports.days import keep, kept_before
from requests_app.reports.figures import Day, Report, Subject
from requests_app.reports.gather import anything_happened, budget_use, figures_of

logger = logging.getLogger(__name__)

BACK = TRAILING_DAYS
"""Days without a report that are made up for; an older one is made by the command."""
SETTLE = timedelta(minutes=10)
"""After midnight: what was being committed has been by then."""
TODAY_LOCK = 0x4C515459  # "LQTY": one process at a time counts a day that is not over


def make_due(now: datetime | None = None) -> int:
    """Make what reports are missing, count again what changed, and the day so far; how many were made."""
    now = now or timezone.now()
    made = sum(make(day) is not None for day in _unmade(now))
    for report in QualityReport.objects.outdated().order_by("day"):
        correct(report)
    count_today(now)
    return made


def make(day: date) -> QualityReport | None:
    """The day's report with its figures and the reviews that it opens; None where it has been made."""
    starts, ends = days.bounds(day)
    with transaction.atomic():
        row = QualityReport.objects.claim(day, starts=starts, ends=ends)
        if row is None:
            return None
        figures = figures_of(starts, ends)
        keep(day, figures)
        report = _compared(row, figures)
        row.document = report.as_json()
        row.save(update_fields=["document"])
        open_reviews(report)
    logger.info("%s", summary(report))
    return row


def correct(row: QualityReport) -> Report:
    """Count the day again; what was mailed stays as it was. Of two who do it at once the better informed wins."""
    known = QualityReport.objects.values_list("changes", flat=True).get(pk=row.pk)
    figures = figures_of(row.starts, row.ends)
    report = _compared(row, figures)
    with transaction.atomic():
        held = QualityReport.objects.select_for_update().filter(pk=row.pk, counted__lte=known)
        if held.exists():
            keep(row.day, figures)
            held.update(counted=known, **_correction(row, report))
            open_reviews(report)
    return report


def _correction(row: QualityReport, report: Report) -> dict[str, Any]:
    document = report.as_json()
    if document == (row.document if row.corrected is None else row.corrected):
        return {}
    return {"corrected": document, "corrected_at": DatabaseClock()}


def count_today(now: datetime) -> None:
    """The day so far, for pages; where somebody else is at it, theirs are as good."""
    day = days.day_of(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TODAY_LOCK])
        if cursor.fetchone()[0]:
            keep(day, figures_of(*days.bounds(day)))


def so_far(day: date) -> Report:
    """Of a day that has no report, and may not be over; nothing is written."""
    starts, ends = days.bounds(day)
    return _compared(QualityReport(day=day, starts=starts, ends=ends), figures_of(starts, ends))


def _unmade(now: datetime) -> Iterator[date]:
    """The oldest first, for each looks at those before it."""
    last = days.day_of(now - SETTLE) - timedelta(days=1)
    wanted = [last - timedelta(days=back) for back in reversed(range(BACK))]
    made = set(QualityReport.objects.filter(day__gte=wanted[0]).values_list("day", flat=True))
    return (day for day in wanted if day not in made and anything_happened(*days.bounds(day)))


def _compared(row: QualityReport, figures: Day) -> Report:
    return compare.report_of(
        row.day,
        figures,
        before=kept_before(row.day),
        settled=_settled(),
        budgets=budget_use(row.starts, row.ends),
        zone=days.zone().key,
        bounds=(row.starts, row.ends),
    )


def _settled() -> dict[Subject, date]:
    closed = PromptReview.objects.exclude(closed=None).values_list("prompt_key", "prompt_version")
    latest = closed.annotate(latest=Max("closed")).order_by()
    return {Subject(prompt=key, version=version): days.day_of(moment) for key, version, moment in latest}


def open_reviews(report: Report) -> None:
    """One for each prompt version below the line, unless one is open."""
    PromptReview.objects.bulk_create(
        [
            PromptReview(
                prompt_key=line.subject.prompt,
                prompt_version=line.subject.version,
                day=report.day,
                days=line.days,
                approved=line.approved,
                ratings=line.ratings,
            )
            for line in report.below
        ],
        ignore_conflicts=True,
    )


def summary(report: Report) -> str:
    """One line for logs: figures and no names."""
    whole = report.whole
    return (
        f"quality of {report.day}: {whole.done} done, {whole.failed} failed, {whole.cancelled} cancelled,"
        f" {whole.refusals} refusals, {whole.up} of {whole.up + whole.down} ratings good,"
        f" {len(report.below)} prompts below the line, {len(report.drifted)} with answers of another length"
    )
