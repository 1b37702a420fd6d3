"""What waits for a verdict, in whose hands is it, and what was decided by whom?

Texts are for those who may judge, after asking for them; each look is noted. Judging is done on the pages, not here.
"""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import LargeTableAdmin, LookOnlyInline, link
from requests_app.admin.filters import ReviewedPromptFilter, ReviewStateFilter
from requests_app.golden import golden_case
from requests_app.models import AIReviewQueue, ReviewAction, ReviewVerdict
from requests_app.models.request import texts_of
from requests_app.models.review import MAY_JUDGE
from requests_app.pages.difference import difference
from requests_app.pages.reasons import due_of, reasons_of

OPEN = "texts"
TEXTS = ("text", "output", "edited_text", "edited_output")
SHOWN = ["model_text", "model_output", "reviewer_text", "reviewer_output", "changed"]


def _shown(field: str, label: Any) -> Any:
    @admin.display(description=label)
    def text(_admin: Any, row: AIReviewQueue) -> SafeString | None:
        value = getattr(row, field)
        if value in (None, ""):
            return None
        plain = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        return format_html('<pre class="lintel-text">{}</pre>', plain)

    return text


class ActionsInline(LookOnlyInline[ReviewAction, AIReviewQueue]):
    model = ReviewAction
    fields = readonly_fields = ("at", "step", "verdict", "person", "note")

    def get_fields(self, request: HttpRequest, obj: AIReviewQueue | None = None) -> list[Any]:
        return [field for field in self.fields if field != "note" or _may_read(request, obj)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewAction]:
        return super().get_queryset(request).select_related("person")


@admin.register(ReviewAction)
class ReviewActionAdmin(LargeTableAdmin[ReviewAction]):
    list_display = ["at", "step", "verdict", "person", "item"]
    list_filter = ["step"]
    fields = readonly_fields = ("at", "step", "verdict", "person", "item")
    linked_by = ["item", "person"]
    search_fields = ["item__request__id"]
    search_key = "item__request"
    search_help_text = gettext_lazy("The id of a request.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewAction]:
        rows = super().get_queryset(request).select_related("person", "item")
        return rows.defer(*(f"item__{field}" for field in TEXTS))


@admin.register(AIReviewQueue)
class ReviewQueueAdmin(LargeTableAdmin[AIReviewQueue]):
    list_display = [
        "created",
        "state",
        "kind",
        "priority",
        "due_in_words",
        "prompt",
        "claimed_by",
        "verdict",
        "request",
    ]
    list_filter = [ReviewStateFilter, "kind", "verdict", ReviewedPromptFilter]
    linked_by = ["request", "decided_by", "claimed_by"]
    search_fields = ["request__id"]
    search_key = "request"
    search_help_text = gettext_lazy("The id of a request.")
    inlines = [ActionsInline]

    model_text, reviewer_text = _shown("text", gettext_lazy("answer")), _shown("edited_text", gettext_lazy("edited"))
    model_output = _shown("output", gettext_lazy("structured output"))
    reviewer_output = _shown("edited_output", gettext_lazy("edited structured output"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[AIReviewQueue]:
        rows = super().get_queryset(request).select_related("request", "claimed_by", "decided_by")
        rows = rows.defer(*texts_of("request"))
        return rows if _opens_texts(request) else rows.defer(*TEXTS)

    def get_fieldsets(self, request: HttpRequest, obj: AIReviewQueue | None = None) -> list[Any]:
        waits = ["state", "kind", "because", "priority", "escalated", "due", "due_in_words", "created"]
        judged = ["verdict", "decided_by", "decided_at", "effective_at", "closed"]
        said = ["note"] if _may_read(request, obj) else []
        return [
            (None, {"fields": ["prompt", "request", *waits, "to_page"]}),
            (gettext_lazy("In whose hands"), {"fields": ["claimed_by", "claimed_until"]}),
            (gettext_lazy("Verdict"), {"fields": [*judged, *said]}),
            (gettext_lazy("Texts"), {"fields": [*_text_fields(request, obj), *_golden_field(request, obj)]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: AIReviewQueue | None = None) -> list[Any]:
        return [field for _title, part in self.get_fieldsets(request, obj) for field in part["fields"]]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **more: Any) -> HttpResponse:
        if _opens_texts(request) and not _is_own(request, more["obj"]):
            self.log_change(request, more["obj"], "Viewed text.")
        return super().render_change_form(request, context, *args, **more)

    @admin.display(description=gettext_lazy("state"))
    def state(self, row: AIReviewQueue) -> str:
        if row.closed:
            return _("closed")
        return _("judged") if row.verdict else _("waiting")

    @admin.display(description=gettext_lazy("due"))
    def due_in_words(self, row: AIReviewQueue) -> str | None:
        return None if row.closed or row.verdict else due_of(row).words

    @admin.display(description=gettext_lazy("in the hands of"))
    def holder(self, row: AIReviewQueue) -> object:
        """An expired lock binds nobody, and is shown no more."""
        return row.claimed_by if row.claimed_until and row.claimed_until > timezone.now() else None

    @admin.display(description=gettext_lazy("prompt"))
    def prompt(self, row: AIReviewQueue) -> str:
        return f"{row.request.prompt_key}@{row.request.prompt_version}"

    @admin.display(description=gettext_lazy("reasons"))
    def because(self, row: AIReviewQueue) -> str:
        return "; ".join(reasons_of(row))

    @admin.display(description=gettext_lazy("to judge"))
    def to_page(self, row: AIReviewQueue) -> SafeString:
        return link(reverse("review", args=[row.pk]), _("Open it in Review"))

    @admin.display(description=gettext_lazy("what was changed"))
    def changed(self, row: AIReviewQueue) -> str | None:
        if row.verdict != ReviewVerdict.EDITED:
            return None
        pieces = difference(row.text, row.edited_text)
        return render_to_string("requests_app/review_difference.html", {"pieces": pieces})

    @admin.display(description=gettext_lazy("golden case"))
    def to_golden(self, row: AIReviewQueue) -> SafeString:
        return link(reverse("golden", args=[row.pk]), _("Save it as a file"))

    @admin.display(description=gettext_lazy("answer"))
    def texts_hidden(self, row: AIReviewQueue) -> str:
        return _("hidden")

    @admin.display(description=gettext_lazy("answer"))
    def texts_closed(self, row: AIReviewQueue) -> SafeString:
        return link(f"?{OPEN}", _("Show it; that is noted in the history"))


def _text_fields(request: HttpRequest, row: AIReviewQueue | None) -> list[str]:
    if not _may_read(request, row):
        return ["texts_hidden"]
    return SHOWN if _opens_texts(request) else ["texts_closed"]


def _golden_field(request: HttpRequest, row: AIReviewQueue | None) -> list[str]:
    return ["to_golden"] if row is not None and _may_read(request, row) and golden_case(row) else []


def _may_read(request: HttpRequest, row: AIReviewQueue | None) -> bool:
    """Answers, and what reviewers wrote beside them."""
    return request.user.has_perm(MAY_JUDGE) and not _is_own(request, row)


def _is_own(request: HttpRequest, row: AIReviewQueue | None) -> bool:
    """Who asked learns nothing here of what is kept back from them."""
    return row is not None and row.request.user_id == request.user.pk


def _opens_texts(request: HttpRequest) -> bool:
    return OPEN in request.GET and request.user.has_perm(MAY_JUDGE)
