"""Days of figures and a report in the database that a browser's server reads."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, timedelta

from benchmarks.quality_days import quality_days, versions_of
from requests_app.reports.compare import report_of
from requests_app.reports.figures import BudgetUse, Day, Figures, Report
from tests.process.stack import Stack

NAMES = ", ".join(["day", "prompt_key", "prompt_version", *(field.name for field in fields(Figures))])
PUT = f"""
INSERT INTO requests_app_qualityday ({NAMES})
SELECT {NAMES} FROM json_populate_recordset(NULL::requests_app_qualityday, %s)
"""  # noqa: S608 - names of ours
REPORT = """
INSERT INTO requests_app_qualityreport (id, day, starts, ends, document, changes, counted)
VALUES (gen_random_uuid(), %s, %s, %s, %s, 1, 1)
"""
REVIEW = """
INSERT INTO requests_app_promptreview (id, prompt_key, prompt_version, day, days, approved, ratings, note)
VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, '')
"""


def forget(stack: Stack) -> None:
    for table in ("qualityday", "qualityreport", "promptreview"):
        stack.sql(f"DELETE FROM requests_app_{table}")  # noqa: S608 - constants


def fill(stack: Stack, *, days: int = 30, versions: int = 8) -> Report:
    """Up to today, with yesterday's report and the reviews that it opens."""
    forget(stack)
    today = datetime.now(UTC).date()
    known = dict(quality_days(today, days, versions_of(versions)))
    rows = [
        {"day": day, "prompt_key": subject.prompt, "prompt_version": subject.version, **asdict(one)}
        for day, figures in known.items()
        for subject, one in figures.items()
    ]
    stack.sql(PUT, json.dumps(rows, default=str))
    report = reported(known, today - timedelta(days=1))
    stack.sql(REPORT, report.day, report.starts, report.ends, json.dumps(report.as_json()))
    for line in report.below:
        stack.sql(REVIEW, line.subject.prompt, line.subject.version, report.day, line.days, line.approved, line.ratings)
    return report


def reported(known: dict[date, Day], day: date) -> Report:
    starts = datetime(day.year, day.month, day.day, tzinfo=UTC)
    before = {one: figures for one, figures in known.items() if day - timedelta(days=14) <= one < day}
    return report_of(
        day, known[day], before=before, settled={}, budgets=BudgetUse(windows=31, warned=4, full=1), zone="UTC",
        bounds=(starts, starts + timedelta(days=1)),
    )  # fmt: skip
