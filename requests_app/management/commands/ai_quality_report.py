"""Print the quality report of a day; what is missing is made and mailed, as by beat's task of this name."""

from __future__ import annotations

import argparse
import json
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from requests_app import days
from requests_app.models import QualityReport
from requests_app.reports import making, sending
from requests_app.reports.figures import Report

FINE, ALARM, WRONG = 0, 1, 2


def a_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; one is 2026-11-20") from None


class Command(BaseCommand):
    help = (
        "Print the quality report of a day. Exit codes: 0, nothing to look at; 1, a prompt is below the line or its"
        " answers have changed in length; 2, wrongly called."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=a_day, help="which day; yesterday unless given, today as it is so far")
        parser.add_argument("--json", action="store_true", help="as data, in the format that is stored")
        parser.add_argument("--again", action="store_true", help="count a reported day again; its mail stays as it was")

    def handle(self, *_args: object, **options: Any) -> None:
        today = days.day_of(timezone.now())
        day = options["date"] or today - timedelta(days=1)
        if day > today:
            raise CommandError(f"{day} has not begun.", returncode=WRONG)
        report = making.so_far(day) if day == today else _report_of(day, again=options["again"])
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self.stdout.write(sending.as_text(report))
        if report.alarming:
            raise SystemExit(ALARM)


def _report_of(day: date, *, again: bool) -> Report:
    if making.make(day):
        sending.mail_due()
    row = QualityReport.objects.get(day=day)
    if again:
        return making.correct(row)
    return Report.of_json(row.corrected or row.document)
