"""The History page: filters as people set them, one page of rows, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from ai.models import PromptTemplate
from requests_app.filters import RequestFilter
from requests_app.models import AIRequest, Status
from requests_app.pages.rows import DeletedRow, Row, rows_of, with_excerpts, with_times
from requests_app.pages.snippets import Snippet, list_snippets
from requests_app.paging import Cursor, Page, page_of

CURSOR = "cursor"
LATELY = 1_000
LABELS = {
    "status": gettext_lazy("Status"),
    "prompt_key": gettext_lazy("Prompt"),
    "model": gettext_lazy("Model"),
    "since": gettext_lazy("From"),
    "until": gettext_lazy("To"),
    "tz": gettext_lazy("Time zone"),
    "object_id": gettext_lazy("Object id"),
    "deleted": gettext_lazy("Deleted"),
    "stale_sources": gettext_lazy("Source changed"),
    "created_after": gettext_lazy("Created after"),
    "created_before": gettext_lazy("Created before"),
}
# Days that stay in the calendar in every zone, with a day after them.
CALENDAR = (MinValueValidator(date(1970, 1, 2)), MaxValueValidator(date(9000, 1, 1)))


class ZoneField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        name = super().to_python(value)
        try:
            return ZoneInfo(name) if name else UTC
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValidationError(_("is no time zone"), code="invalid") from None

    def run_validators(self, value: Any) -> None:
        """Those of the text have nothing to say about a zone."""


class ZoneFilter(django_filters.Filter):  # type: ignore[misc]  # the library is untyped
    field_class = ZoneField


class HistoryFilter(RequestFilter):
    """The list's filters, with whole days of a calendar in the place of instants."""

    since = django_filters.DateFilter(method="from_day", validators=CALENDAR)
    until = django_filters.DateFilter(method="through_day", validators=CALENDAR)
    tz = ZoneFilter(method="in_zone")
    deleted = django_filters.ChoiceFilter(choices=[("yes", gettext_lazy("Deleted"))], method="among_deleted")

    def from_day(self, requests: QuerySet[AIRequest], _name: str, day: date) -> QuerySet[AIRequest]:
        return requests.filter(created__gte=self.midnight(day))

    def through_day(self, requests: QuerySet[AIRequest], _name: str, day: date) -> QuerySet[AIRequest]:
        return requests.filter(created__lt=self.midnight(day + timedelta(days=1)))

    def in_zone(self, requests: QuerySet[AIRequest], _name: str, _zone: tzinfo) -> QuerySet[AIRequest]:
        """Says where days begin; filters nothing by itself."""
        return requests

    def among_deleted(self, requests: QuerySet[AIRequest], _name: str, _yes: str) -> QuerySet[AIRequest]:
        """Decides which list is filtered; filters nothing by itself."""
        return requests

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self.form.cleaned_data["tz"]).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    value: str
    label: str
    chosen: bool


class History:
    """One person's history under the filters of an address; each part is worked out when a template asks for it."""

    def __init__(self, user: User, query: QueryDict, *, host: str) -> None:
        self._user = user
        self._host = host
        self.query = without_blanks(query)
        mine = AIRequest.objects
        self._filter = HistoryFilter(
            self.query, queryset=mine.deleted_by(user) if self.deleted else mine.owned_by(user)
        )

    @cached_property
    def problems(self) -> list[tuple[str, str]]:
        """Each wrong filter by its label, and what is wrong with it."""
        wrong = [(str(LABELS[name]), str(texts[0])) for name, texts in self._filter.form.errors.items()]
        return [*wrong, (_("Page"), _("This is not a page of this list."))] if self._cursor_broken else wrong

    @property
    def requests(self) -> QuerySet[AIRequest]:
        """Everything that the filters let through, on all pages."""
        found: QuerySet[AIRequest] = self._filter.qs
        return found

    @cached_property
    def page(self) -> Page:
        return page_of((with_times if self.deleted else with_excerpts)(self.requests), self._cursor)

    @cached_property
    def rows(self) -> list[Row] | list[DeletedRow]:
        return [DeletedRow(request=each) for each in self.page.rows] if self.deleted else rows_of(self.page.rows)

    @property
    def deleted(self) -> bool:
        """Whether it is the list of what was deleted, by prompt and time alone."""
        return self.query.get("deleted") == "yes"

    @property
    def stale(self) -> bool:
        """Whether answers alone are asked for whose documents have changed since."""
        return self.query.get("stale_sources") == "yes"

    @property
    def narrowed(self) -> bool:
        """Whether fewer are shown than the list has."""
        return any(name not in (CURSOR, "deleted") for name in self.query)

    @property
    def restorable(self) -> bool:
        return AIRequest.objects.deleted_by(self._user).exists()

    @property
    def running(self) -> bool:
        return any(not request.final for request in self.page.rows)

    @property
    def filtered(self) -> bool:
        return any(name != CURSOR for name in self.query)

    @property
    def later(self) -> bool:
        """Whether this is not the first page."""
        return CURSOR in self.query

    @property
    def older(self) -> str:
        """The query of the next page, empty on the last one."""
        return "" if self.page.next is None else _with(self.query, {CURSOR: str(self.page.next)})

    @property
    def newest(self) -> str:
        """The query of the first page with the same filters."""
        return _with(self.query, {CURSOR: None})

    @property
    def statuses(self) -> list[Option]:
        chosen = self.query.getlist("status")
        return [Option(value=value, label=str(label), chosen=value in chosen) for value, label in Status.choices]

    @property
    def prompts(self) -> list[Option]:
        keys = PromptTemplate.objects.order_by("key").values_list("key", flat=True).distinct()
        return _options(keys, self.query.get("prompt_key", ""))

    @property
    def models(self) -> list[Option]:
        """Those that have answered this person of late: to look through everything would take longer than the page."""
        newest = AIRequest.objects.owned_by(self._user).order_by("-created", "-id").values_list("model", flat=True)
        return _options(filter(None, newest[:LATELY]), self.query.get("model", ""))

    @property
    def days(self) -> Mapping[str, str]:
        return {name: self.query.get(name, "") for name in ("since", "until", "tz")}

    @property
    def instants(self) -> Mapping[str, str]:
        """The API's way of naming a range, where an address has it: kept, though the page asks for days."""
        return {name: self.query.get(name, "") for name in ("created_after", "created_before") if name in self.query}

    @property
    def object_id(self) -> str:
        return self.query.get("object_id", "")

    @property
    def snippets(self) -> list[Snippet]:
        return list_snippets(_with(self.query, self._instants()), host=self._host)

    def _instants(self) -> dict[str, str | None]:
        """The days as the API's instants; ``created_after`` leaves out its own moment, a microsecond is the finest."""
        days = self._filter.form.cleaned_data
        changes: dict[str, str | None] = {CURSOR: None, "since": None, "until": None, "tz": None}
        if days["since"]:
            start = self._filter.midnight(days["since"]) - timedelta(microseconds=1)
            changes["created_after"] = start.isoformat()
        if days["until"]:
            changes["created_before"] = self._filter.midnight(days["until"] + timedelta(days=1)).isoformat()
        return changes

    @cached_property
    def _cursor(self) -> Cursor | None:
        return Cursor.parse(self.query.get(CURSOR, "")) if self.later else None

    @property
    def _cursor_broken(self) -> bool:
        try:
            return self._cursor is None and self.later
        except ValueError:
            return True


def rows_now(user: User, ids: list[UUID]) -> list[Row]:
    """The lines of some requests as they are now; whose they are not does not find them."""
    return rows_of(with_excerpts(AIRequest.objects.owned_by(user).filter(pk__in=ids)).order_by("-created", "-id"))


def _options(values: Iterable[str], current: str) -> list[Option]:
    """The current one is always among them, so that a filter in force can be seen."""
    names = sorted({*values, *filter(None, [current])})
    return [Option(value=name, label=name, chosen=name == current) for name in names]


def without_blanks(query: QueryDict) -> QueryDict:
    """Forms send their empty fields along. What is no filter of this page is left aside."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if name in HistoryFilter.base_filters or name == CURSOR:
            for value in filter(None, values):
                kept.appendlist(name, value)
    return kept


def _with(query: QueryDict, changes: Mapping[str, str | None]) -> str:
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return changed.urlencode()
