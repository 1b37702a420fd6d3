from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from requests_app.tally import rebuild


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text} is no day: write it as 2026-11-21") from None


class Command(BaseCommand):
    help = (
        "Sum up anew, from the usage log, what each day used and cost: after LINTEL_TIME_ZONE has changed, or when in"
        " doubt. One day a transaction; counting and reading go on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="since", type=day, metavar="DATE", help="leave the days before it alone")

    def handle(self, *_arguments: Any, since: date | None, **_options: Any) -> None:
        days = 0
        for done in rebuild(since):
            days += 1
            self.stdout.write(f"{done}")
        self.stdout.write(self.style.SUCCESS(f"{days} days are summed up anew."))
