"""The report as mail: one for each day, whoever sends it. The row says whether it was sent, and whoever marks it sends.

A day is news for three days: a server that was away is tried again, and a mail address that is set later is not told of
the past.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from requests_app import days
from requests_app.mail import sent, turned_on
from requests_app.models import QualityReport
from requests_app.models.clock import DatabaseClock
from requests_app.reports.figures import Report
from requests_app.reports.wording import Table, subject_line, tables_of

NEWS_DAYS = 3
GAP = "   "


def mail_due() -> int:
    """Send what is due; returns how much. Safe anywhere, any number of times."""
    if not turned_on() or not settings.LINTEL_REPORT_MAIL:
        return 0
    first = days.day_of(timezone.now()) - timedelta(days=NEWS_DAYS)
    return sum(map(_mail, QualityReport.objects.filter(mailed=None, day__gte=first).order_by("day")))


def _mail(row: QualityReport) -> bool:
    stored = QualityReport.objects.filter(pk=row.pk)
    if not stored.filter(mailed=None).update(mailed=DatabaseClock()):
        return False
    if not sent(message_of(Report.of_json(row.document)), about="the quality of a day"):
        stored.update(mailed=None)
        return False
    return True


def message_of(report: Report) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(subject_line(report), as_text(report), to=settings.LINTEL_REPORT_MAIL)
    context = {"report": report, "title": subject_line(report), "tables": tables_of(report)}
    message.attach_alternative(render_to_string("requests_app/mail/quality.html", context), "text/html")
    return message


def as_text(report: Report) -> str:
    """For terminals and for mail programs that show no HTML."""
    sections = [{"table": table, "lines": list(_aligned(table))} for table in tables_of(report)]
    context = {"report": report, "title": subject_line(report), "sections": sections}
    return render_to_string("requests_app/mail/quality.txt", context)


def _aligned(table: Table) -> list[str]:
    """Names to the left, figures to the right, as wide as the widest."""
    rows = [table.headers, *table.rows] if len(table.headers) > 2 else list(table.rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.headers))]
    return [
        GAP.join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
