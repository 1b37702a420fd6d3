"""Which prompts want a look, and what came of it? What was reported, and of which figures?"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import LookOnlyAdmin
from requests_app.models import PromptReview, QualityDay, QualityReport
from requests_app.reports import reviewing
from requests_app.reports.wording import percent


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Open")), ("closed", gettext_lazy("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PromptReview]) -> QuerySet[PromptReview]:
        if self.value() == "open":
            return queryset.filter(closed=None)
        return queryset.exclude(closed=None) if self.value() == "closed" else queryset


class NoteForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("What came of it"), max_length=500)


@admin.register(PromptReview)
class PromptReviewAdmin(LookOnlyAdmin[PromptReview]):
    list_display = ["opened", "prompt_key", "prompt_version", "share", "ratings", "days", "closed", "closed_by", "note"]
    list_filter = [OpenFilter]
    list_select_related = ["closed_by"]
    linked_by = ["prompt_key", "prompt_version"]
    search_fields = ["prompt_key"]
    actions = ["close"]

    @admin.display(description=gettext_lazy("good"))
    def share(self, row: PromptReview) -> str:
        return percent(row.approval)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(reviewing.MAY_CLOSE)

    @admin.action(description=gettext_lazy("Close selected reviews…"), permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[PromptReview]) -> HttpResponse | None:
        form = NoteForm(request.POST if "confirmed" in request.POST else None)
        question = _("What came of these reviews?")
        page = self.ask_first(request, queryset, action="close", question=question, form=form)
        if page:
            return page
        person: Any = request.user  # whoever is in the admin is logged in
        for row in queryset:
            if reviewing.close(row.pk, by=person, note=form.cleaned_data["note"]):
                self.log_change(request, row, "Closed.")
        self.message_user(request, _("Closed."), messages.SUCCESS)
        return None


@admin.register(QualityReport)
class QualityReportAdmin(LookOnlyAdmin[QualityReport]):
    list_display = ["day", "made", "mailed", "corrected_at"]
    exclude = ["document", "corrected"]
    readonly_fields = ["as_made", "as_corrected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[QualityReport]:
        return super().get_queryset(request).defer("document", "corrected")

    @admin.display(description=gettext_lazy("as it was made and mailed"))
    def as_made(self, row: QualityReport) -> SafeString:
        return _shown(row.document)

    @admin.display(description=gettext_lazy("with what came late"))
    def as_corrected(self, row: QualityReport) -> SafeString | None:
        return _shown(row.corrected) if row.corrected else None


@admin.register(QualityDay)
class QualityDayAdmin(LookOnlyAdmin[QualityDay]):
    list_display = ["day", "subject", "done", "failed", "refusals", "up", "down", "total_p95", "cost_usd", "made"]
    list_filter = ["day"]
    linked_by = ["prompt_key", "prompt_version"]
    ordering = ["-day", "prompt_key", "prompt_version"]

    @admin.display(description=gettext_lazy("of"))
    def subject(self, row: QualityDay) -> str:
        return f"{row.prompt_key}@{row.prompt_version}" if row.prompt_version else row.prompt_key or _("everything")


def _shown(document: Any) -> SafeString:
    return format_html('<pre class="lintel-text">{}</pre>', json.dumps(document, indent=2))
