"""The figures of random days, beside counts that were written without a look at the product's statements."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from requests_app.days import bounds
from requests_app.reports.figures import WHOLE, Figures, Subject
from requests_app.reports.gather import anything_happened, budget_use, figures_of
from tests.integration.reports.simulated import PROMPTS, Simulation

# A day of 23 hours, one of 25, and one that is another date in UTC for most of its length.
DAYS = [
    ("America/New_York", date(2026, 3, 8)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Pacific/Kiritimati", date(2026, 7, 1)),
]
SUBJECTS = [WHOLE, Subject(prompt="summary"), Subject(prompt="chat")]
SUBJECTS += [Subject(prompt=key, version=version) for key, version in PROMPTS]
CHOICES = list(enumerate(DAYS))


def rows(query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return list(cursor.fetchall())


class ByHand:
    """Everything is fetched and counted here, in the plainest way."""

    def __init__(self, zone: str, day: date, subject: Subject) -> None:
        self.zone, self.day, self.subject = ZoneInfo(zone), day, subject

    def of_day(self, moment: datetime | None) -> bool:
        return moment is not None and moment.astimezone(self.zone).date() == self.day

    def ours(self, key: str, version: str) -> bool:
        return self.subject in (WHOLE, Subject(prompt=key), Subject(prompt=key, version=version))

    def requests(self) -> dict[str, Any]:
        found = rows(
            "SELECT prompt_key, prompt_version, status, error_code, refused, answer_length, created, first_token,"
            " completed, (SELECT review.created FROM requests_app_aireviewqueue review WHERE review.request_id = r.id"
            " AND review.kind = 'gate'), answered_by_id FROM requests_app_airequest r"
        )
        ended = [row for row in found if self.ours(*row[:2]) and self.of_day(row[8])]
        answers = [row for row in ended if row[2] in ("done", "rejected")]
        lengths = [row[5] for row in answers if row[5] is not None]
        firsts = [(row[7] - row[6]).total_seconds() for row in answers if row[7]]
        totals = [((row[9] or row[8]) - row[6]).total_seconds() for row in answers]
        failed = [row[3] for row in ended if row[2] in ("failed", "expired")]
        statuses = Counter(row[2] for row in ended)
        return {
            "done": statuses["done"], "rejected": statuses["rejected"], "cancelled": statuses["cancelled"],
            "served_again": sum(row[2] == "done" and row[10] is not None for row in ended),
            "failed": len(failed), "failures": dict(Counter(failed)),
            "judged": sum(row[4] is not None for row in ended), "refusals": sum(row[4] is True for row in ended),
            "lengths": len(lengths), **percentiles("length", lengths, 10, 50, 90),
            "first_tokens": len(firsts), **percentiles("first_token", firsts, 50, 95, 99),
            "totals": len(totals), **percentiles("total", totals, 50, 95, 99),
        }  # fmt: skip

    def calls(self) -> dict[str, Any]:
        columns = "input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost_usd"
        names = "prompt_key, prompt_version, reference, attempt, kind, created"
        query = f"SELECT {names}, {columns} FROM ai_llmusagelog"  # noqa: S608 - constants
        found = [row for row in rows(query) if self.ours(*row[:2])]
        made = {row[2:4] for row in found if row[4] == "call" and self.of_day(row[5])}
        counted = [row for row in found if row[2:4] in made]
        sums = {name: sum(row[6 + at] or 0 for row in counted) for at, name in enumerate(columns.split(", "))}
        unpriced = {row[2:4] for row in counted if row[10] is None}
        return {"calls": len(made), "unpriced": len(unpriced), **sums}

    def ratings(self) -> dict[str, Any]:
        found = rows("SELECT prompt_key, prompt_version, rating, created FROM requests_app_aioutputfeedback")
        counted = Counter(row[2] for row in found if self.ours(*row[:2]) and self.of_day(row[3]))
        return {"up": counted[1], "down": counted[-1]}

    def reviews(self) -> dict[str, Any]:
        found = rows(
            "SELECT r.prompt_key, r.prompt_version, q.created, q.closed, q.verdict"
            " FROM requests_app_aireviewqueue q, requests_app_airequest r WHERE r.id = q.request_id"
        )
        ours = [row for row in found if self.ours(*row[:2])]
        verdicts = [row[4] for row in ours if self.of_day(row[3]) and row[4]]
        came = sum(self.of_day(row[2]) for row in ours)
        return {"reviews": came, "decided": len(verdicts), "overruled": sum(v != "approved" for v in verdicts)}

    def freshness(self) -> dict[str, Any]:
        found = rows(
            "SELECT r.prompt_key, r.prompt_version, r.id, s.stale_since FROM requests_app_airequest r"
            " JOIN requests_app_requestsource s ON s.request_id = r.id"
            " JOIN requests_app_citation c ON c.request_id = r.id AND c.key = s.key"
            " WHERE r.status = 'done' AND s.stale_since IS NOT NULL"
        )
        first: dict[Any, datetime] = {}
        for *key, request, since in found:
            if self.ours(*key):
                first[request] = min(since, first.get(request, since))
        return {"stale": sum(self.of_day(since) for since in first.values())}

    def figures(self) -> dict[str, Any]:
        return {**self.requests(), **self.calls(), **self.ratings(), **self.reviews(), **self.freshness()}


def percentiles(stem: str, values: list[float], *marks: int) -> dict[str, Any]:
    """``statistics.quantiles`` wants two values."""
    if not values:
        return {f"{stem}_p{mark}": None for mark in marks}
    cuts = quantiles(values * 2 if len(values) == 1 else values, n=100, method="inclusive")
    return {f"{stem}_p{mark}": pytest.approx(cuts[mark - 1]) for mark in marks}


@pytest.mark.parametrize(("seed", "place"), CHOICES)
def test_figures_are_those_of_an_independent_count(
    alice: User, settings: Settings, seed: int, place: tuple[str, date]
) -> None:
    zone, day = place
    settings.LINTEL_TIME_ZONE = zone
    Simulation(alice, day, seed).run()
    found = figures_of(*bounds(day))
    assert set(found) == set(SUBJECTS)
    for subject in SUBJECTS:
        by_hand = ByHand(zone, day, subject).figures()
        assert {name: getattr(found[subject], name) for name in by_hand} == by_hand, subject
        assert set(by_hand) == set(Figures.__dataclass_fields__)


@pytest.mark.parametrize(("seed", "place"), CHOICES)
def test_each_window_of_a_budget_belongs_to_the_day_of_its_end(
    alice: User, settings: Settings, seed: int, place: tuple[str, date]
) -> None:
    """At midnight itself yesterday's ends."""
    settings.LINTEL_TIME_ZONE, day = place
    Simulation(alice, day, seed).run(requests=0)
    starts, ends = bounds(day)
    announced = [share for share, end in rows("SELECT announced, ends FROM requests_app_budgetwindow")
                 if starts < end <= ends]  # fmt: skip
    use = budget_use(starts, ends)
    assert (use.windows, use.warned, use.full) == (
        len(announced), sum(share >= 80 for share in announced), announced.count(100)
    )  # fmt: skip


@pytest.mark.django_db
def test_day_without_anything_is_zeros_and_unknowns() -> None:
    starts, ends = bounds(date(2026, 1, 1))
    assert figures_of(starts, ends) == {WHOLE: Figures()}
    assert not anything_happened(starts, ends)
