"""What happened at each call of a provider, and what did it use?"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast, JSONObject
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import LargeTableAdmin, LookOnlyInline
from ai.models import LLMUsageLog
from requests_app.admin.spending import SENT, Spent
from requests_app.instead import passed_by, passed_words
from requests_app.models import AIAttempt, AIRequest
from requests_app.models.request import texts_of
from requests_app.pages.wording import call_end, seconds


def with_usage(attempts: QuerySet[AIAttempt]) -> QuerySet[AIAttempt]:
    """Each attempt with the sums of its ledger rows, which no foreign key ties to it."""
    rows = LLMUsageLog.objects.filter(reference=OuterRef("request_id"), attempt=OuterRef("number")).order_by()
    sums = JSONObject(
        sent=Sum(SENT),
        received=Sum("output_tokens"),
        usd=Cast(Sum("cost_usd", default=Decimal(0)), TextField()),
        unknown=Count("id", filter=Q(cost_usd=None)),
    )
    return attempts.annotate(usage=Subquery(rows.values("reference", "attempt").annotate(sums=sums).values("sums")))


if TYPE_CHECKING:
    _Columns = admin.ModelAdmin[AIAttempt]
else:
    _Columns = object


class AttemptColumns(_Columns):
    @admin.display(description=_("ended"))
    def ended(self, attempt: AIAttempt) -> str:
        if not attempt.outcome:
            return str(_("under way, or its worker is gone"))
        return str(_("done")) if attempt.outcome == "done" else f"{attempt.outcome}: {call_end(attempt.outcome)}"

    @admin.display(description=_("passed over"))
    def went_past(self, attempt: AIAttempt) -> str | None:
        return " ".join(passed_words(each) for each in passed_by(attempt)) or None

    @admin.display(description=_("took"))
    def took(self, attempt: AIAttempt) -> str | None:
        return seconds(attempt.closed - attempt.started) if attempt.closed else None

    @admin.display(description=_("tokens in / out"))
    def tokens(self, attempt: AIAttempt) -> str | None:
        usage = _usage(attempt)
        return usage.tokens if usage else None

    @admin.display(description=_("cost"))
    def cost(self, attempt: AIAttempt) -> str | None:
        usage = _usage(attempt)
        if usage is None:
            return None
        return str(_("unknown")) if usage.unknown else usage.cost


def _usage(attempt: AIAttempt) -> Spent | None:
    sums: dict[str, Any] | None = vars(attempt).get("usage")
    return Spent(**{**sums, "usd": Decimal(sums["usd"])}) if sums else None


class AttemptsInline(AttemptColumns, LookOnlyInline[AIAttempt, AIRequest]):
    model = AIAttempt
    ordering = ["number"]
    fields = readonly_fields = ("number", "reason", "model", "provider", "ended", "started", "took", "tokens", "cost")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AIAttempt]:
        return with_usage(super().get_queryset(request))


@admin.register(AIAttempt)
class AttemptAdmin(AttemptColumns, LargeTableAdmin[AIAttempt]):
    list_display = ["started", "number", "reason", "model", "provider", "ended", "took", "tokens", "cost", "request"]
    fields = [*AttemptsInline.fields, "went_past", "request", "closed"]
    readonly_fields = ["ended", "went_past", "took", "tokens", "cost"]
    list_filter = ["reason"]
    linked_by = ["request"]
    search_fields = ["request__id"]
    search_key = "request"
    search_help_text = _("The id of a request.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AIAttempt]:
        rows = super().get_queryset(request).select_related("request")
        return with_usage(rows.defer(*texts_of("request")))
