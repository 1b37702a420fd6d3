"""The numbers of a day on the admin's first page: four queries, each on an index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.moments import first_id_since
from ai.models import LLMUsageLog
from requests_app.admin.filters import ANY
from requests_app.admin.spending import midnight, spent
from requests_app.models import AIRequest, Status
from requests_app.pages.wording import ago, failure

Context = dict[str, Any]


def dashboard(request: HttpRequest, context: Context) -> Context:
    """What unfold calls for its first page; staff who may not see requests get the plain one."""
    if request.user.has_perm("requests_app.view_airequest"):
        groups = _groups()
        context["dashboard"] = {
            "tiles": [*_statuses(groups), *_spending(), _waiting(), _stuck()],
            "failures": _failures(groups),
        }
    return context


def _groups() -> list[dict[str, Any]]:
    """Requests of the last 24 hours, which hold today's, by status and code."""
    day, today = (first_id_since(moment) for moment in (timezone.now() - timedelta(days=1), midnight()))
    rows: QuerySet[AIRequest, Any] = AIRequest.objects.filter(pk__gte=day).values("status", "error_code").order_by()
    return list(rows.annotate(day=Count("id"), today=Count("id", filter=Q(pk__gte=today))))


def _statuses(groups: list[dict[str, Any]]) -> list[Context]:
    def count(status: str) -> int:
        return sum(int(group["today"]) for group in groups if group["status"] == status)

    return [
        _tile(label=_("Today: %(status)s") % {"status": Status(status).label}, figure=f"{count(status):,}",
              query=f"status__exact={status}&accepted=today")
        for status in Status.values
    ]  # fmt: skip


def _spending() -> list[Context]:
    today = spent(LLMUsageLog.objects.filter(created__gte=midnight()))
    return [
        _tile(label=_("Tokens today, in / out"), figure=today.tokens),
        _tile(label=_("Cost today"), figure=today.cost),
    ]


def _waiting() -> Context:
    oldest = AIRequest.objects.filter(status=Status.PENDING).aggregate(oldest=Min("created"))["oldest"]
    figure = ago(oldest) if oldest else _("none")
    return _tile(label=_("Oldest waiting"), figure=figure, query="status__exact=pending")


def _stuck() -> Context:
    count = AIRequest.objects.stuck().count()
    return _tile(label=_("Stuck"), figure=f"{count:,}", query=f"stuck={ANY}")


def _failures(groups: list[dict[str, Any]]) -> list[Context]:
    counts: dict[str, int] = {}
    for group in groups:
        if group["error_code"]:
            counts[group["error_code"]] = counts.get(group["error_code"], 0) + group["day"]
    most: Callable[[str], int] = counts.__getitem__
    return [
        _tile(label=failure(code), figure=f"{counts[code]:,}", query=f"failure={code}&accepted=day")
        for code in sorted(counts, key=most, reverse=True)
    ]


def _tile(*, label: str, figure: str, query: str = "") -> Context:
    path = reverse("admin:requests_app_airequest_changelist")
    return {"label": label, "figure": figure, "path": f"{path}?{query}" if query else ""}
