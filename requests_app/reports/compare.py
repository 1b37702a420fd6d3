"""What a day's figures say beside those of the days before: a pure function from figures to a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log
from statistics import median

from ai.quality import (
    LEAST_ANSWERS,
    LEAST_CHANGE,
    LEAST_DAYS,
    TRAILING_DAYS,
    Approval,
    Rated,
    Standing,
    approvals,
    length_drift,
)
from ai.quality import Day as LengthDay
from requests_app.reports.figures import (
    WHOLE,
    BudgetUse,
    Day,
    Drifted,
    Figures,
    Line,
    Mover,
    Part,
    Report,
    Subject,
)

MOST_MOVERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A figure that may move. ``least`` is added to both sides of a comparison: what is less is no news."""

    of: Callable[[Figures], float | None]
    least: float


MEASURES: Mapping[str, Measure] = {
    "requests": Measure(of=lambda day: day.ended, least=1.0),
    "cost": Measure(of=lambda day: None if day.unpriced else float(day.cost_usd), least=0.01),
    "failures": Measure(of=lambda day: day.failure_share, least=0.05),
    "refusals": Measure(of=lambda day: day.refusal_share, least=0.05),
    "total_p95": Measure(of=lambda day: day.total_p95, least=0.1),
}


def report_of(
    day: date,
    now: Day,
    *,
    before: Mapping[date, Day],
    settled: Mapping[Subject, date],
    budgets: BudgetUse,
    zone: str,
    bounds: tuple[datetime, datetime],
) -> Report:
    """``settled``: ratings up to that day were the matter of a review of the prompt that is closed."""
    days = {**{one: before[one] for one in sorted(before) if _trails(one, day)}, day: now}
    versions = sorted(subject for subject in now if subject.is_version)
    today, lately = _lines({day: now}, settled, days=1), _lines(days, settled, days=TRAILING_DAYS)
    lines = [*today.values(), *(line for subject, line in lately.items() if not _same(line, today.get(subject)))]
    return Report(
        day=day,
        zone=zone,
        starts=bounds[0],
        ends=bounds[1],
        whole=now[WHOLE],
        parts=tuple(Part(subject=version, figures=now[version]) for version in versions),
        lines=tuple(sorted(lines, key=lambda line: (line.rate, line.days))),
        drifted=tuple(_drifted(versions, now, list(before.values()))),
        movers=_movers(versions, now, list(before.values())),
        budgets=budgets,
    )


def _trails(one: date, day: date) -> bool:
    """The day itself is the fourteenth."""
    return day - timedelta(days=TRAILING_DAYS) < one < day


def _lines(figures: Mapping[date, Day], settled: Mapping[Subject, date], *, days: int) -> dict[Subject, Line]:
    counts: dict[Subject, tuple[int, int]] = {}
    for day, parts in figures.items():
        for subject, one in parts.items():
            if subject.is_version and day > settled.get(subject, date.min):
                up, down = counts.get(subject, (0, 0))
                counts[subject] = (up + one.up, down + one.down)
    judged = approvals(
        Rated(prompt=subject.prompt, version=subject.version, approved=up, ratings=up + down)
        for subject, (up, down) in counts.items()
    )
    lines = [_line(one, days) for one in judged if one.rated.ratings]
    return {line.subject: line for line in lines}


def _line(one: Approval, days: int) -> Line:
    return Line(
        subject=Subject(prompt=one.rated.prompt, version=one.rated.version),
        days=days,
        approved=one.rated.approved,
        ratings=one.rated.ratings,
        below=one.standing == Standing.LOW,
    )


def _same(line: Line, other: Line | None) -> bool:
    return other is not None and (line.approved, line.ratings) == (other.approved, other.ratings)


def _drifted(versions: Sequence[Subject], now: Day, before: Sequence[Day]) -> Iterator[Drifted]:
    for subject in versions:
        today = _length(now[subject])
        usual = [length for day in before if subject in day and (length := _length(day[subject]))]
        drift = length_drift(today, usual) if today else None
        if today and drift and drift.drifted:
            yield Drifted(subject=subject, length=today.length, times=drift.times)


def _length(day: Figures) -> LengthDay | None:
    return None if day.length_p50 is None else LengthDay(answers=day.lengths, length=day.length_p50)


def _movers(versions: Sequence[Subject], now: Day, before: Sequence[Day]) -> tuple[Mover, ...]:
    """What is furthest, in proportion, from the median of the days before."""
    found = [mover for subject in versions for mover in _moved(subject, now[subject], before)]
    return tuple(sorted(found, key=_distance, reverse=True)[:MOST_MOVERS])


def _moved(subject: Subject, now: Figures, before: Sequence[Day]) -> Iterator[Mover]:
    usual_days = [day[subject] for day in before[-TRAILING_DAYS:] if subject in day]
    if now.ended < LEAST_ANSWERS or len(usual_days) < LEAST_DAYS:
        return
    for name, measure in MEASURES.items():
        figure = measure.of(now)
        usual = [value for day in usual_days if (value := measure.of(day)) is not None]
        if figure is None or len(usual) < LEAST_DAYS:
            continue
        mover = Mover(subject=subject, measure=name, usual=median(usual), now=figure)
        if _distance(mover) >= log(1 + LEAST_CHANGE):
            yield mover


def _distance(mover: Mover) -> float:
    least = MEASURES[mover.measure].least
    return abs(log((mover.now + least) / (mover.usual + least)))
