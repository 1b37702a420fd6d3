"""By what requests are narrowed, each on an index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.moments import first_id_since
from ai.models import PromptTemplate
from requests_app.admin.spending import midnight
from requests_app.models import AIRequest, AIReviewQueue, Stuck
from requests_app.models.request import AIRequestQuerySet
from requests_app.models.review import AIReviewQueueQuerySet
from requests_app.pages.wording import FAILURES

ANY = "any"

Choices = Iterable[tuple[str, Any]]


class StuckFilter(admin.SimpleListFilter):
    title = _("stuck")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(ANY, _("All that is stuck")), *Stuck.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AIRequest]) -> QuerySet[AIRequest]:
        kind = self.value()
        if not kind:
            return queryset
        if kind not in {ANY, *Stuck}:
            return queryset.none()
        return cast("AIRequestQuerySet", queryset).stuck(None if kind == ANY else Stuck(kind))


class FailureFilter(admin.SimpleListFilter):
    title = _("failure")
    parameter_name = "failure"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return FAILURES.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[AIRequest]) -> QuerySet[AIRequest]:
        return queryset.filter(error_code=self.value()) if self.value() else queryset


class AcceptedFilter(admin.SimpleListFilter):
    title = _("accepted")
    parameter_name = "accepted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("today", _("Today")), ("day", _("The last 24 hours")), ("week", _("7 days")), ("month", _("30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AIRequest]) -> QuerySet[AIRequest]:
        days = {"day": 1, "week": 7, "month": 30}.get(self.value() or "")
        since = timezone.now() - timedelta(days=days) if days else midnight()
        return queryset.filter(pk__gte=first_id_since(since)) if days or self.value() == "today" else queryset


class ReviewStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("waiting", _("Waits for a verdict")),
            ("overdue", _("Overdue")),
            ("judged", _("Judged, not carried out yet")),
            ("closed", _("Closed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AIReviewQueue]) -> QuerySet[AIReviewQueue]:
        rows = cast("AIReviewQueueQuerySet", queryset)
        chosen = {
            "waiting": rows.open(),
            "overdue": rows.overdue(),
            "judged": rows.filter(closed=None).exclude(verdict=""),
            "closed": rows.exclude(closed=None),
        }
        return chosen.get(self.value() or "", queryset)


class ReviewedPromptFilter(admin.SimpleListFilter):
    """By the prompts of which a version says something about review."""

    title = _("prompt")
    parameter_name = "prompt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        declaring = PromptTemplate.objects.filter(content__contains='"review":').order_by("key")
        return [(key, key) for key in declaring.values_list("key", flat=True).distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AIReviewQueue]) -> QuerySet[AIReviewQueue]:
        return queryset.filter(request__prompt_key=self.value()) if self.value() else queryset
