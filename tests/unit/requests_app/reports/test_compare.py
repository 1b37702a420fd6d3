"""A report is a pure function of figures: which prompts are below the line, have drifted, or moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from requests_app.reports.compare import report_of
from requests_app.reports.figures import WHOLE, BudgetUse, Day, Figures, Line, Report, Subject

DAY = date(2026, 3, 20)
CHAT = Subject(prompt="chat", version="1")
BOUNDS = (datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 3, 21, tzinfo=UTC))


def day(**figures: Any) -> Day:
    return {WHOLE: Figures(), Subject(prompt="chat"): Figures(), CHAT: Figures(**figures)}


def reported(now: Day, *before: Day, settled: Mapping[Subject, date] | None = None) -> Report:
    """``before``: yesterday first."""
    days = {DAY - timedelta(days=back): figures for back, figures in enumerate(before, start=1)}
    return report_of(
        DAY, now, before=dict(sorted(days.items())), settled=settled or {}, budgets=BudgetUse(), zone="UTC",
        bounds=BOUNDS,
    )  # fmt: skip


def counted(lines: tuple[Line, ...]) -> list[tuple[int, int, int, bool]]:
    return [(line.days, line.approved, line.ratings, line.below) for line in lines]


@pytest.mark.parametrize(
    ("up", "down", "below"), [(16, 4, False), (15, 5, True), (0, 19, False), (0, 20, True), (0, 0, False)]
)
def test_line_is_80_percent_of_at_least_20(up: int, down: int, below: bool) -> None:
    assert bool(reported(day(up=up, down=down)).below) is below


def test_few_ratings_a_day_add_up_over_fourteen_days() -> None:
    report = reported(day(up=1, down=2), *[day(up=1, down=1)] * 20)
    assert counted(report.lines) == [(1, 1, 3, False), (14, 14, 29, True)]
    assert counted(report.below) == [(14, 14, 29, True)]


def test_one_bad_day_is_below_however_good_those_before() -> None:
    report = reported(day(up=10, down=10), *[day(up=100)] * 13)
    assert counted(report.below) == [(1, 10, 20, True)]


def test_same_ratings_are_told_once() -> None:
    assert counted(reported(day(up=3), day()).lines) == [(1, 3, 3, False)]


def test_ratings_of_a_settled_review_count_no_more() -> None:
    before = [day(down=30), day(down=30)]
    assert reported(day(up=1), *before).below
    assert not reported(day(up=1), *before, settled={CHAT: DAY - timedelta(days=1)}).below
    assert reported(day(up=1), *before, settled={CHAT: DAY - timedelta(days=2)}).below


def test_answers_of_another_length_are_told() -> None:
    usual = [day(lengths=50, length_p50=100.0 + back) for back in range(14)]
    [drifted] = reported(day(lengths=50, length_p50=300.0), *usual).drifted
    assert (drifted.subject, drifted.length, round(drifted.times, 1)) == (CHAT, 300.0, 2.8)
    assert not reported(day(lengths=50, length_p50=110.0), *usual).drifted


@pytest.mark.parametrize(
    ("now", "usual", "moved"),
    [
        ({"done": 100}, {"done": 40}, ["requests"]),
        ({"done": 40}, {"done": 41}, []),
        ({"done": 10}, {"done": 100}, []),  # too few to say
        ({"done": 40, "cost_usd": Decimal(3)}, {"done": 40, "cost_usd": Decimal(1)}, ["cost"]),
        ({"done": 40, "cost_usd": Decimal(3), "unpriced": 1}, {"done": 40, "cost_usd": Decimal(1)}, []),
        ({"done": 40, "cost_usd": Decimal("0.0003")}, {"done": 40, "cost_usd": Decimal("0.0001")}, []),
        ({"done": 30, "failed": 10}, {"done": 40}, ["failures"]),
        ({"done": 40, "total_p95": 9.0}, {"done": 40, "total_p95": 3.0}, ["total_p95"]),
        ({"done": 40, "total_p95": 9.0}, {"done": 40}, []),
    ],
)
def test_movers(now: dict[str, Any], usual: dict[str, Any], moved: list[str]) -> None:
    assert [mover.measure for mover in reported(day(**now), *[day(**usual)] * 14).movers] == moved


def test_furthest_mover_comes_first() -> None:
    now = day(done=80, cost_usd=Decimal(10))
    movers = reported(now, *[day(done=40, cost_usd=Decimal(1))] * 5).movers
    assert [mover.measure for mover in movers] == ["cost", "requests"]


def test_four_days_say_nothing_of_a_fifth() -> None:
    assert not reported(day(done=400), *[day(done=40)] * 4).movers


def test_report_survives_its_way_through_json() -> None:
    usual = [day(done=40, lengths=50, length_p50=100.0) for _ in range(14)]
    report = reported(day(done=90, up=1, down=30, lengths=50, length_p50=300.5, cost_usd=Decimal("0.123")), *usual)
    assert report.alarming
    assert Report.of_json(report.as_json()) == report
