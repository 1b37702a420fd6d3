"""A report in words: the same tables for the mail, the terminal and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ai.quality import LEAST_APPROVAL, LEAST_RATINGS
from requests_app.pages.wording import dollars, failure
from requests_app.pages.wording import seconds as worded_span
from requests_app.reports.figures import Figures, Line, Mover, Report

NOTHING = "-"
Cell = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Names in the first column, figures in the others."""

    key: str
    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.1f} %"


def count(value: float | None) -> str:
    return NOTHING if value is None else f"{round(value):,}"


def seconds(value: float | None) -> str:
    return NOTHING if value is None else worded_span(timedelta(seconds=value))


def cost(figures: Figures) -> str:
    """Unknown is not zero: calls without a price are told apart."""
    known = f"${figures.cost_usd:,.2f}" if figures.cost_usd >= 1 else dollars(figures.cost_usd)
    if not figures.unpriced:
        return known
    calls = ngettext("%(count)d call of unknown price", "%(count)d calls of unknown price", figures.unpriced)
    unknown = calls % {"count": figures.unpriced}
    return f"{known} + {unknown}" if figures.cost_usd else unknown


MEASURES: Mapping[str, tuple[str | Promise, Callable[[float], str]]] = {
    "requests": (gettext_lazy("requests"), count),
    "cost": (gettext_lazy("cost"), lambda value: f"${value:,.2f}"),
    "failures": (gettext_lazy("failed"), percent),
    "refusals": (gettext_lazy("refused"), percent),
    "total_p95": (gettext_lazy("whole answer, p95"), seconds),
}


def subject_line(report: Report) -> str:
    below = len(report.below)
    if below:
        sentence = ngettext("%(count)d prompt below the line", "%(count)d prompts below the line", below)
        return _("Quality of %(day)s: %(what)s") % {"day": report.day, "what": sentence % {"count": below}}
    if report.drifted:
        return _("Quality of %(day)s: answers have changed in length") % {"day": report.day}
    return _("Quality of %(day)s: nothing to look at") % {"day": report.day}


def tables_of(report: Report) -> list[Table]:
    """Those with rows; what wants a look comes first."""
    tables = [
        _below(report), _day(report), _movers(report), _drifted(report), _approval(report), _failures(report),
        _prompts(report),
    ]  # fmt: skip
    return [table for table in tables if table.rows]


def _below(report: Report) -> Table:
    return Table(
        key="below",
        title=_("Below the line"),
        headers=(_("Prompt"), _("Good"), _("Ratings"), _("Of the last")),
        rows=tuple(
            (str(line.subject), percent(line.rate), f"{line.approved:,} / {line.ratings:,}", _days(line.days))
            for line in report.below
        ),
        note=_("Each has a review of its prompt open, until somebody closes it with a note."),
    )


def _days(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def _day(report: Report) -> Table:
    return Table(key="day", title=_("The day"), headers=(_("Figure"), _("Value")), rows=tuple(_facts(report)))


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    day, budgets = report.whole, report.budgets
    yield _("Done"), count(day.done)
    yield _("Rejected by reviewers"), count(day.rejected)
    yield _("Failed"), f"{count(day.failed)} ({percent(day.failure_share)})"
    yield _("Cancelled"), count(day.cancelled)
    yield _("Refusals"), _part(day.refusals, day.judged, day.refusal_share)
    yield _("Rated good"), _part(day.up, day.up + day.down, day.approval)
    yield _("Cost"), cost(day)
    yield _("Tokens sent / received"), f"{day.sent_tokens:,} / {day.output_tokens:,}"
    yield _("Sent tokens from cache"), percent(day.cache_share)
    yield _("Answered from earlier answers"), _part(day.served_again, day.done, day.served_again_share)
    yield _("Answers gone stale"), count(day.stale)
    yield _("First token p50 / p95 / p99"), _three(day, "first_token", ("p50", "p95", "p99"), seconds)
    yield _("Whole answer p50 / p95 / p99"), _three(day, "total", ("p50", "p95", "p99"), seconds)
    yield _("Answer's characters p10 / p50 / p90"), _three(day, "length", ("p10", "p50", "p90"), count)
    yield _("Sent to review"), count(day.reviews)
    yield _("Verdicts that overruled"), _part(day.overruled, day.decided, day.overrule_share)
    yield _("Budget windows that ended"), count(budgets.windows)
    yield _("Of those at 80 / 100 percent"), f"{budgets.warned:,} / {budgets.full:,}"


def _part(part: int, whole: int, share: float | None) -> str:
    if not whole:
        return NOTHING
    return _("%(part)s of %(whole)s (%(share)s)") % {
        "part": f"{part:,}", "whole": f"{whole:,}", "share": percent(share)
    }  # fmt: skip


def _three(day: Figures, stem: str, marks: tuple[str, ...], worded: Callable[[float | None], str]) -> str:
    return " / ".join(worded(getattr(day, f"{stem}_{mark}")) for mark in marks)


def _approval(report: Report) -> Table:
    least = {"share": percent(LEAST_APPROVAL), "least": LEAST_RATINGS}
    return Table(
        key="approval",
        title=_("Approval"),
        headers=(_("Prompt"), _("Of the last"), _("Good"), _("Ratings"), _("95 % interval"), _("Line")),
        rows=tuple(
            (
                str(line.subject), _days(line.days), percent(line.rate), f"{line.approved:,} / {line.ratings:,}",
                f"{percent(line.interval.low)} to {percent(line.interval.high)}", standing(line),
            )
            for line in report.lines
        ),
        note=_("The line is %(share)s; fewer than %(least)d ratings say nothing.") % least,
    )  # fmt: skip


def standing(line: Line) -> str:
    if line.ratings < LEAST_RATINGS:
        return _("too few to say")
    return _("below") if line.below else _("above")


def _failures(report: Report) -> Table:
    codes = sorted(report.whole.failures.items(), key=lambda each: (-each[1], each[0]))
    return Table(
        key="failures",
        title=_("Failures"),
        headers=(_("Why"), _("Code"), _("Requests")),
        rows=tuple((failure(code), code, count(number)) for code, number in codes),
    )


def _drifted(report: Report) -> Table:
    return Table(
        key="drift",
        title=_("Answers of another length"),
        headers=(_("Prompt"), _("Characters, median"), _("Times the usual")),
        rows=tuple((str(one.subject), count(one.length), f"{one.times:.2f}") for one in report.drifted),
        note=_("Against the 14 days before."),
    )


def _movers(report: Report) -> Table:
    return Table(
        key="movers",
        title=_("Top movers"),
        headers=(_("Prompt"), _("Figure"), _("Usual"), _("Now")),
        rows=tuple(map(mover_row, report.movers)),
        note=_("Against the median of the 14 days before."),
    )


def mover_row(mover: Mover) -> tuple[Cell, ...]:
    label, worded = MEASURES[mover.measure]
    return str(mover.subject), str(label), worded(mover.usual), worded(mover.now)


def _prompts(report: Report) -> Table:
    return Table(
        key="prompts",
        title=_("Prompts"),
        headers=(
            _("Prompt"), _("Done"), _("Failed"), _("Refusals"), _("Overruled"), _("Whole answer p95"), _("Cost"),
        ),
        rows=tuple(
            (
                str(part.subject), count(part.figures.done), count(part.figures.failed), count(part.figures.refusals),
                count(part.figures.overruled), seconds(part.figures.total_p95), cost(part.figures),
            )
            for part in report.parts
        ),
    )  # fmt: skip
