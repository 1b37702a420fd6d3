"""Why did this request fail? Which worker holds it? What is stuck?

Texts belong to the user who asked. Staff see them with a permission of its own, after asking for them, and each look is
noted in the request's history.
"""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import LargeTableAdmin, link, page_of
from requests_app import intake
from requests_app.admin.attempts import AttemptsInline
from requests_app.admin.filters import AcceptedFilter, FailureFilter, StuckFilter
from requests_app.admin.moves import MovesInline
from requests_app.admin.sources import CitationsInline, SourcesInline
from requests_app.admin.spending import Spent
from requests_app.errors import RequestError
from requests_app.models import AIRequest, AIReviewQueue, StreamChunk
from requests_app.models.request import LONG_COLUMNS
from requests_app.pages.wording import failure, seconds

MAY_READ = "requests_app.view_request_text"
OPEN = "texts"


def _shown(field: str) -> Any:
    @admin.display(description=field)
    def text(_admin: Any, row: AIRequest) -> SafeString | None:
        value = getattr(row, field)
        if value in (None, "", {}):
            return None
        plain = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        return format_html('<pre class="lintel-text">{}</pre>', plain)

    return text


@admin.register(AIRequest)
class RequestAdmin(LargeTableAdmin[AIRequest]):
    list_display = ["created", "status", "error_code", "prompt", "user", "team", "model", "attempt", "spent", "lease"]
    list_filter = [StuckFilter, "status", FailureFilter, AcceptedFilter, "lane"]
    list_select_related = ["user", "team", "lease"]
    linked_by = ["user", "team", "lease", "prompt_key"]
    search_fields = ["id", "user__username", "http_request_id", "object_id"]
    search_exactly = "user__username"
    search_help_text = gettext_lazy("Id, user; object or HTTP request id (30 days)")
    inlines = [AttemptsInline, SourcesInline, CitationsInline, MovesInline]
    actions = ["cancel", "retry"]

    payload_text, metadata_text, result_text, partial_text, output_text = (_shown(field) for field in LONG_COLUMNS)

    def get_fieldsets(self, request: HttpRequest, obj: AIRequest | None = None) -> list[Any]:
        held = ["lease", "attempt", "attempt_reason", "takeovers", "cancel_requested_at", "not_before", "deadline"]
        used = ["model", "model_asked", "provider", "route", "tokens", "spent", "mended"]
        times = ["created", "started", "first_token", "completed", "took"]
        return [
            (None, {"fields": ["status", "why", "review_of", "prompt", "template", "user", "team", "object_id", "id"]}),
            (gettext_lazy("Who holds it"), {"fields": held}),
            (gettext_lazy("What it used"), {"fields": used}),
            (gettext_lazy("When"), {"fields": times}),
            (gettext_lazy("Where it came from"), {"fields": ["lane", "priority", "retry_of", "http_request_id"]}),
            (gettext_lazy("Texts"), {"fields": self._text_fields(request)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: AIRequest | None = None) -> list[Any]:
        return [field for _title, part in self.get_fieldsets(request, obj) for field in part["fields"]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AIRequest]:
        rows = super().get_queryset(request)
        return rows if opens_texts(request) else rows.defer(*LONG_COLUMNS)

    def recently_named(self, term: str) -> Q:
        return Q(http_request_id=term) | Q(object_id=term)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **more: Any) -> HttpResponse:
        if opens_texts(request):
            self.log_change(request, more["obj"], "Viewed text.")
        return super().render_change_form(request, context, *args, **more)

    def _text_fields(self, request: HttpRequest) -> list[str]:
        if opens_texts(request):
            return ["text_written", *(f"{field}_text" for field in LONG_COLUMNS)]
        return ["text_written", "texts_closed" if request.user.has_perm(MAY_READ) else "texts_hidden"]

    @admin.display(description=gettext_lazy("payload, result, metadata"))
    def texts_hidden(self, row: AIRequest) -> str:
        return _("hidden")

    @admin.display(description=gettext_lazy("payload, result, metadata"))
    def texts_closed(self, row: AIRequest) -> SafeString:
        return link(f"?{OPEN}", _("Show them; that is noted in the history"))

    @admin.display(description=gettext_lazy("written so far"))
    def text_written(self, row: AIRequest) -> str | None:
        """While it runs its text is in chunks, whose table has no admin."""
        chunks = StreamChunk.objects.filter(request_id=row.pk, attempt=row.attempt).count()
        return _("%(count)d pieces") % {"count": chunks} if chunks else None

    @admin.display(description=gettext_lazy("why"))
    def why(self, row: AIRequest) -> str | None:
        return " ".join([failure(row.error_code), row.error_message, f"({row.error_code})"]) if row.error_code else None

    @admin.display(description=gettext_lazy("review"))
    def review_of(self, row: AIRequest) -> SafeString | None:
        item = AIReviewQueue.objects.filter(request=row).only("pk", "verdict").first()
        return page_of(AIReviewQueue, item.pk, item.get_verdict_display()) if item else None

    @admin.display(description=gettext_lazy("prompt"))
    def prompt(self, row: AIRequest) -> str:
        return f"{row.prompt_key}@{row.prompt_version}"

    @admin.display(description=gettext_lazy("tokens in / out"))
    def tokens(self, row: AIRequest) -> str | None:
        if row.output_tokens is None:
            return None
        cached = (row.cache_read_tokens or 0) + (row.cache_write_tokens or 0)
        estimated = _("(estimated)") if row.usage_estimated else ""
        return f"{Spent(sent=(row.input_tokens or 0) + cached, received=row.output_tokens).tokens} {estimated}".strip()

    @admin.display(description=gettext_lazy("cost"))
    def spent(self, row: AIRequest) -> str | None:
        if row.output_tokens is None:
            return None
        return _("unknown") if row.cost_usd is None else Spent(usd=row.cost_usd).cost

    @admin.display(description=gettext_lazy("repaired"))
    def mended(self, row: AIRequest) -> str | None:
        return _("yes") if row.repaired else None

    @admin.display(description=gettext_lazy("took"))
    def took(self, row: AIRequest) -> str | None:
        return seconds(row.completed - row.created) if row.completed else None

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("requests_app.change_airequest")

    @admin.action(description=gettext_lazy("Cancel selected requests…"), permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[AIRequest]) -> HttpResponse | None:
        page = self.ask_first(request, queryset, action="cancel", question=_("Cancel these requests?"))
        if page:
            return page
        open_ones = [row for row in queryset if not row.final]
        for row in open_ones:
            intake.cancel(row)
            self.log_change(request, row, "Cancelled.")
        self.message_user(request, _("%(count)d cancelled or told to stop.") % {"count": len(open_ones)})
        return None

    @admin.action(description=gettext_lazy("Ask selected requests again…"), permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[AIRequest]) -> HttpResponse | None:
        """Only of those that have ended; the user and their team pay, as for the first time."""
        page = self.ask_first(request, queryset, action="retry", question=_("Ask these requests again?"))
        if page:
            return page
        for row in queryset.select_related("user"):
            if row.final:
                self._ask_again(request, row)
        return None

    def _ask_again(self, request: HttpRequest, row: AIRequest) -> None:
        try:
            again = intake.retry(row).request
        except RequestError as problem:
            self.message_user(request, f"{row}: {problem}", messages.ERROR)
            return
        self.log_change(request, row, f"Asked again as {again.pk}.")
        self.message_user(request, _("Asked again as %(id)s.") % {"id": again.pk}, messages.SUCCESS)


def opens_texts(request: HttpRequest) -> bool:
    return OPEN in request.GET and request.user.has_perm(MAY_READ)
