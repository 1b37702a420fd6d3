"""The charts of the Quality page, each as the table that it is drawn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ai.quality import LEAST_APPROVAL, LEAST_RATINGS, TRAILING_DAYS, wilson
from requests_app.reports.figures import Figures, Line, Subject
from requests_app.reports.wording import cost, count, percent, seconds, standing

MOST_CODES = 7
BAD = mark_safe(' class="bad" data-warn')


class Link(Protocol):
    def __call__(self, what: str, **narrowed: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """``value`` is what is drawn; None is a gap."""

    text: str
    value: float | None = None
    url: str = ""
    bad: bool = False

    @property
    def html(self) -> SafeString:
        """Not by a template: a page has thousands, and this is a third of the time."""
        value = "" if self.value is None else repr(self.value)
        mark = BAD if self.bad else ""
        inner = format_html('<a href="{}">{}</a>', self.url, self.text) if self.url else self.text
        return format_html('<td data-value="{}"{}>{}</td>', value, mark, inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    label: str
    drawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str
    cells: tuple[Cell, ...]
    skipped: bool = False
    """Not drawn: it says too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    key: str
    title: str
    about: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    chart: str = ""
    unit: str = "count"
    goal: int | None = None
    wide: bool = False
    by_day: bool = False
    """The rows are days, the newest first; drawn they begin with the oldest."""
    missing: str = ""
    """What is said in the place of rows."""


def panels_of(
    days: dict[date, Figures], versions: Mapping[Subject, Figures], *, today: date, link: Link
) -> list[Panel]:
    return [
        _approval(versions, link),
        _failures(days, today, link),
        _latency(days, today),
        _lengths(days, today),
        _refusals(days, today, link),
        _reviews(days, today, link),
        _prompts(versions, link),
    ]


def _approval(versions: Mapping[Subject, Figures], link: Link) -> Panel:
    rated = [(subject, figures) for subject, figures in versions.items() if figures.up + figures.down]
    rated.sort(key=lambda each: each[1].approval or 0.0)
    return Panel(
        key="approval",
        title=_("Approval"),
        about=_("Share of good ratings by prompt version, the worst first. Fewer than %(least)d say nothing.")
        % {"least": LEAST_RATINGS},
        heads=(Head(label=_("Prompt")), Head(label=_("Good"), drawn=True), Head(label=_("Ratings")),
               Head(label=_("Not good")), Head(label=_("95 % interval")), Head(label=_("Line"))),
        rows=tuple(_approval_row(subject, figures, link) for subject, figures in rated),
        chart="bar",
        unit="percent",
        goal=round(100 * LEAST_APPROVAL),
        wide=True,
        missing=_("No answer of these days has been rated."),
    )  # fmt: skip


def _approval_row(subject: Subject, figures: Figures, link: Link) -> Row:
    ratings = figures.up + figures.down
    below = ratings >= LEAST_RATINGS and figures.up / ratings < LEAST_APPROVAL
    line = Line(subject=subject, days=TRAILING_DAYS, approved=figures.up, ratings=ratings, below=below)
    interval = wilson(figures.up, ratings)
    url = link("down", prompt=subject.prompt, version=subject.version) if figures.down else ""
    return Row(
        label=str(subject),
        cells=(
            Cell(text=percent(line.rate), value=100 * line.rate, bad=below),
            Cell(text=count(ratings)),
            Cell(text=count(figures.down), url=url),
            Cell(text=_("%(low)s to %(high)s") % {"low": percent(interval.low), "high": percent(interval.high)}
                 if interval else ""),
            Cell(text=standing(line), bad=below),
        ),
        skipped=ratings < LEAST_RATINGS,
    )  # fmt: skip


def _failures(days: dict[date, Figures], today: date, link: Link) -> Panel:
    codes = Counter[str]()
    for figures in days.values():
        codes.update(figures.failures)
    named = [code for code, _number in codes.most_common(MOST_CODES)]
    more = [Head(label=_("other reasons"), drawn=True)] if len(codes) > MOST_CODES else []
    return Panel(
        key="failures",
        by_day=True,
        title=_("Failures"),
        about=_("Requests that failed, by the reason."),
        heads=(Head(label=_("Day")), Head(label=_("Ended")), Head(label=_("Failed")), Head(label=_("Cancelled")),
               *(Head(label=code.replace("_", " "), drawn=True) for code in named), *more),
        rows=tuple(
            Row(label=_named(day, today), cells=tuple(_failure_cells(day, figures, named, bool(more), link)))
            for day, figures in reversed(days.items())
        ),
        chart="stacked" if codes else "",
        missing="",
    )  # fmt: skip


def _failure_cells(day: date, figures: Figures, named: list[str], more: bool, link: Link) -> Iterator[Cell]:
    when = {"since": str(day), "until": str(day)}
    yield Cell(text=count(figures.ended))
    yield _linked(figures.failed, link("failed", **when), f" ({percent(figures.failure_share)})")
    yield _linked(figures.cancelled, link("cancelled", **when))
    for code in named:
        yield _linked(figures.failures.get(code, 0), link("failed", code=code, **when))
    if more:
        yield _linked(figures.failed - sum(figures.failures.get(code, 0) for code in named), "")


def _linked(number: int, url: str, more: str = "") -> Cell:
    return Cell(text=f"{count(number)}{more if number else ''}", value=number, url=url if number else "")


def _latency(days: dict[date, Figures], today: date) -> Panel:
    names = ("total_p50", "total_p95", "total_p99", "first_token_p50", "first_token_p95", "first_token_p99")
    labels = (_("whole, p50"), _("whole, p95"), _("whole, p99"), _("first token, p50"), _("first token, p95"),
              _("first token, p99"))  # fmt: skip
    return Panel(
        key="latency",
        by_day=True,
        title=_("Times"),
        about=_("From sending to the first text and to the whole answer. Half of the answers are faster than p50."),
        heads=(Head(label=_("Day")), *(Head(label=label, drawn=True) for label in labels)),
        rows=_measured(days, today, names, unit="seconds"),
        chart="line",
        unit="seconds",
    )


def _lengths(days: dict[date, Figures], today: date) -> Panel:
    return Panel(
        key="lengths",
        by_day=True,
        title=_("Length of answers"),
        about=_("In characters. Nine in ten are longer than p10, one in ten is longer than p90."),
        heads=(Head(label=_("Day")), *(Head(label=label, drawn=True) for label in ("p10", "p50", "p90"))),
        rows=_measured(days, today, ("length_p10", "length_p50", "length_p90"), unit="count"),
        chart="line",
    )


def _measured(days: dict[date, Figures], today: date, names: tuple[str, ...], *, unit: str) -> tuple[Row, ...]:
    worded = seconds if unit == "seconds" else count
    return tuple(
        Row(
            label=_named(day, today),
            cells=tuple(Cell(text=worded(value), value=value) for value in (getattr(figures, name) for name in names)),
        )
        for day, figures in reversed(days.items())
    )


def _refusals(days: dict[date, Figures], today: date, link: Link) -> Panel:
    return Panel(
        key="refusals",
        by_day=True,
        title=_("Refusals"),
        about=_("Answers in which the model declines, found by their words, and those that its provider refused."),
        heads=(Head(label=_("Day")), Head(label=_("Share"), drawn=True), Head(label=_("Refusals")),
               Head(label=_("Of"))),
        rows=tuple(
            Row(
                label=_named(day, today),
                cells=(
                    _share(figures.refusal_share),
                    _linked(figures.refusals, link("refused", since=str(day), until=str(day))),
                    Cell(text=count(figures.judged)),
                ),
            )
            for day, figures in reversed(days.items())
        ),
        chart="bar",
        unit="percent",
    )  # fmt: skip


def _reviews(days: dict[date, Figures], today: date, link: Link) -> Panel:
    return Panel(
        key="reviews",
        by_day=True,
        title=_("Review"),
        about=_("Answers that were sent to reviewers, and verdicts that changed or rejected them."),
        heads=(Head(label=_("Day")), Head(label=_("Sent to review"), drawn=True), Head(label=_("Verdicts"), drawn=True),
               Head(label=_("Overruled"), drawn=True), Head(label=_("Share"))),
        rows=tuple(
            Row(
                label=_named(day, today),
                cells=(
                    Cell(text=count(figures.reviews), value=figures.reviews),
                    Cell(text=count(figures.decided), value=figures.decided),
                    _linked(figures.overruled, link("overruled", since=str(day), until=str(day))),
                    Cell(text=percent(figures.overrule_share)),
                ),
            )
            for day, figures in reversed(days.items())
        ),
        chart="bar" if any(figures.reviews or figures.decided for figures in days.values()) else "",
    )  # fmt: skip


def _share(value: float | None) -> Cell:
    return Cell(text=percent(value), value=None if value is None else 100 * value)


def _prompts(versions: Mapping[Subject, Figures], link: Link) -> Panel:
    return Panel(
        key="prompts",
        title=_("Prompts"),
        about=_("Sums of these days by prompt version."),
        heads=tuple(
            Head(label=label)
            for label in (_("Prompt"), _("Done"), _("Failed"), _("Refusals"), _("Overruled"), _("From cache"),
                          _("Calls"), _("Cost"))
        ),
        rows=tuple(_prompt_row(subject, figures, link) for subject, figures in versions.items()),
        wide=True,
    )  # fmt: skip


def _prompt_row(subject: Subject, figures: Figures, link: Link) -> Row:
    which = {"prompt": subject.prompt, "version": subject.version}
    return Row(
        label=str(subject),
        cells=(
            Cell(text=count(figures.done)),
            _linked(figures.failed, link("failed", **which), f" ({percent(figures.failure_share)})"),
            _linked(figures.refusals, link("refused", **which)),
            _linked(figures.overruled, link("overruled", **which)),
            Cell(text=percent(figures.cache_share)),
            Cell(text=count(figures.calls)),
            Cell(text=cost(figures)),
        ),
    )


def _named(day: date, today: date) -> str:
    return _("%(day)s so far") % {"day": f"{day:%b %-d}"} if day == today else f"{day:%b %-d}"
