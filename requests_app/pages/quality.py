"""The Quality page: what it was asked for, and its figures out of the stored days. No request is looked at here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User
from requests_app import days
from requests_app.models import PromptReview, QualityDay, QualityReport
from requests_app.pages.panels import Panel, panels_of
from requests_app.reports.days import COLUMNS, figures_in
from requests_app.reports.figures import Figures, Report, Subject
from requests_app.reports.reviewing import MAY_CLOSE
from requests_app.reports.wording import Table, cost, count, percent, tables_of

MAY_SEE = "requests_app.view_quality"
SPANS = (7, 14, 30, 90)
USUAL = 14
SUMS = [name for name in COLUMNS if "_p" not in name and name != "failures"]
FROM_REPORT = ("movers", "drift")


def may_see(user: User) -> bool:
    return user.is_staff or user.has_perm(MAY_SEE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    label: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    label: str
    figure: str
    about: str = ""
    url: str = ""


class Quality:
    """The page; each part is worked out when the template asks for it."""

    def __init__(self, user: User, asked: QueryDict, *, today: date) -> None:
        self._user = user
        self.today = today
        self.span = next((span for span in SPANS if str(span) == asked.get("days")), USUAL)
        self.prompt = asked.get("prompt", "").replace("\0", "")
        self.since = today - timedelta(days=self.span - 1)

    @property
    def zone(self) -> str:
        return days.zone().key

    @property
    def spans(self) -> list[Choice]:
        prompt = {"prompt": self.prompt} if self.prompt else {}
        return [
            Choice(
                label=_("%(days)d days") % {"days": span},
                url=f"?{urlencode({'days': str(span), **prompt})}",
                chosen=span == self.span,
            )
            for span in SPANS
        ]

    @cached_property
    def prompts(self) -> list[str]:
        keys = self._rows.filter(prompt_version="").exclude(prompt_key="").order_by("prompt_key")
        return list(keys.values_list("prompt_key", flat=True).distinct())

    @property
    def _rows(self) -> QuerySet[QualityDay]:
        return QualityDay.objects.filter(day__gte=self.since, day__lte=self.today)

    @cached_property
    def days(self) -> dict[date, Figures]:
        """From the first that has figures on; a day between without any is one of zeros."""
        rows = self._rows.filter(prompt_key=self.prompt, prompt_version="")
        found = {row.day: figures_in(row) for row in rows}
        busy = [day for day, figures in found.items() if figures != Figures()]
        if not busy:
            return {}
        length = (self.today - min(busy)).days + 1
        wanted = (min(busy) + timedelta(days=after) for after in range(length))
        return {day: found.get(day, Figures()) for day in wanted}

    @cached_property
    def versions(self) -> dict[Subject, Figures]:
        """Sums over the whole span; percentiles have none."""
        ours = Q(prompt_key=self.prompt) if self.prompt else Q()
        rows = self._rows.filter(ours).exclude(prompt_version="").order_by("prompt_key", "prompt_version")
        sums: Any = rows.values("prompt_key", "prompt_version").annotate(**{f"sum_{name}": Sum(name) for name in SUMS})
        return {
            Subject(prompt=row["prompt_key"], version=row["prompt_version"]): Figures(
                **{name: row[f"sum_{name}"] for name in SUMS}
            )
            for row in sums
        }

    @cached_property
    def sums(self) -> Figures:
        return Figures(**{name: sum(getattr(day, name) for day in self.days.values()) for name in SUMS})

    @property
    def tiles(self) -> list[Tile]:
        sums = self.sums
        tokens = _("%(tokens)s tokens") % {"tokens": count(sums.sent_tokens + sums.output_tokens)}
        again = _("of the tokens sent; %(answers)s answers") % {"answers": count(sums.served_again)}
        ratings = _("%(up)s of %(all)s ratings") % {"up": count(sums.up), "all": count(sums.up + sums.down)}
        return [
            Tile(label=_("Ended"), figure=count(sums.ended), about=_("%(done)s done") % {"done": count(sums.done)}),
            Tile(label=_("Rated good"), figure=percent(sums.approval), about=ratings,
                 url=self.requests("down") if sums.down else ""),
            Tile(label=_("Failed"), figure=percent(sums.failure_share), about=count(sums.failed),
                 url=self.requests("failed") if sums.failed else ""),
            Tile(label=_("Refused"), figure=percent(sums.refusal_share), about=count(sums.refusals),
                 url=self.requests("refused") if sums.refusals else ""),
            Tile(label=_("Cost"), figure=cost(sums), about=tokens),
            Tile(label=_("From cache"), figure=percent(sums.cache_share), about=again),
        ]  # fmt: skip

    @property
    def panels(self) -> list[Panel]:
        return panels_of(self.days, self.versions, today=self.today, link=self.requests)

    @cached_property
    def reports(self) -> list[QualityReport]:
        rows = QualityReport.objects.filter(day__gte=self.since).defer("document", "corrected")
        return list(rows.order_by("-day"))

    @property
    def corrected(self) -> list[QualityReport]:
        return [report for report in self.reports if report.corrected_at]

    @cached_property
    def latest(self) -> Report | None:
        row = QualityReport.objects.filter(day__gte=self.since).order_by("-day").first()
        return report_in(row) if row else None

    @property
    def tables(self) -> list[Table]:
        """What a day is compared for is told by its report."""
        tables = tables_of(self.latest) if self.latest else []
        return [table for table in tables if table.key in FROM_REPORT]

    @cached_property
    def reviews(self) -> list[PromptReview]:
        return list(PromptReview.objects.filter(closed=None).order_by("opened"))

    @property
    def may_close(self) -> bool:
        return self._user.has_perm(MAY_CLOSE)

    def requests(self, what: str, **narrowed: str) -> str:
        """Where the requests behind a figure are listed."""
        named: Mapping[str, str] = {"what": what, "since": str(self.since), "until": str(self.today)}
        prompt = {"prompt": self.prompt} if self.prompt else {}
        return f"{self._list}?{urlencode({**named, **prompt, **narrowed})}"

    @cached_property
    def _list(self) -> str:
        return reverse("quality-requests")


def report_in(row: QualityReport, *, as_sent: bool = False) -> Report:
    """As it is known now, or as it was made and mailed."""
    return Report.of_json(row.document if as_sent or row.corrected is None else row.corrected)
