"""By what requests are narrowed, each on an index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import first_id_of
from requests_app.admin.spending import midnight
from requests_app.models import AIRequest, Status
from requests_app.models.clock import DatabaseClock, seconds_from_now
from requests_app.pages.wording import FAILURES

WAITS_LONG_S = 60
STOPS_WITHIN_S = 10

Choices = Iterable[tuple[str, Any]]


def stuck(how: str = "any") -> Q:
    """What should have moved on: nobody took it, its worker or its time is gone, or it does not stop."""
    now, long_ago = DatabaseClock(), seconds_from_now(-WAITS_LONG_S)
    due = Q(not_before=None) | Q(not_before__lte=long_ago)
    kinds = {
        "waiting": Q(due, status=Status.PENDING, created__lte=long_ago),
        "lost": Q(status=Status.PROCESSING, lease__expires_at__lte=now),
        "late": Q(status__in=[Status.PENDING, Status.PROCESSING], deadline__lte=long_ago),
        "unstoppable": Q(status=Status.PROCESSING, cancel_requested_at__lte=seconds_from_now(-STOPS_WITHIN_S)),
    }
    if how in kinds:
        return kinds[how]
    return Q(pk__in=[]) if how != "any" else kinds["waiting"] | kinds["lost"] | kinds["late"] | kinds["unstoppable"]


class StuckFilter(admin.SimpleListFilter):
    title = _("stuck")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("any", _("All that is stuck")),
            ("waiting", _("Nobody takes it")),
            ("lost", _("Its worker is gone")),
            ("late", _("Past its deadline")),
            ("unstoppable", _("Does not stop")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AIRequest]) -> QuerySet[AIRequest]:
        return queryset.filter(stuck(self.value() or "")) if self.value() else queryset


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
        return queryset.filter(pk__gte=first_id_of(since)) if days or self.value() == "today" else queryset
