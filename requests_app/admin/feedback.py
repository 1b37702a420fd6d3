"""Which prompts and models do users like? What is wrong with the others?"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import LargeTableAdmin, link, list_of
from requests_app.admin.requests import MAY_READ, OPEN, opens_texts
from requests_app.models import AIOutputFeedback
from requests_app.models.request import texts_of

WORDS = ("comment", "tags")


@admin.register(AIOutputFeedback)
class FeedbackAdmin(LargeTableAdmin[AIOutputFeedback]):
    """What users wrote is text of theirs, shown as that of requests is: on demand, to whoever may, and noted."""

    list_display = ["created", "rating", "of_prompt", "of_version", "of_model", "of_route"]
    list_filter = ["rating"]
    linked_by = ["request", "prompt_key", "prompt_version", "model", "route"]
    search_fields = ["request__id", "prompt_key"]
    search_key = "request"
    search_exactly = "prompt_key"
    search_help_text = gettext_lazy("The id of a request, or a prompt.")

    def get_fields(self, request: HttpRequest, obj: AIOutputFeedback | None = None) -> list[Any]:
        facts = ["rating", "request", "prompt_key", "prompt_version", "model", "route", "created", "changed"]
        if opens_texts(request):
            return [*facts, "comment_text", "tags"]
        return [*facts, "words_closed" if request.user.has_perm(MAY_READ) else "words_hidden"]

    def get_readonly_fields(self, request: HttpRequest, obj: AIOutputFeedback | None = None) -> list[Any]:
        return self.get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AIOutputFeedback]:
        rows = super().get_queryset(request).select_related("request").defer(*texts_of("request"))
        return rows if opens_texts(request) else rows.defer(*texts_of("request"), *WORDS)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **more: Any) -> HttpResponse:
        if opens_texts(request):
            self.log_change(request, more["obj"], "Viewed text.")
        return super().render_change_form(request, context, *args, **more)

    @admin.display(description=gettext_lazy("comment"))
    def comment_text(self, row: AIOutputFeedback) -> SafeString | None:
        return format_html('<pre class="lintel-text">{}</pre>', row.comment) if row.comment else None

    @admin.display(description=gettext_lazy("comment, tags"))
    def words_hidden(self, row: AIOutputFeedback) -> str:
        return _("hidden")

    @admin.display(description=gettext_lazy("comment, tags"))
    def words_closed(self, row: AIOutputFeedback) -> SafeString:
        return link(f"?{OPEN}", _("Show them; that is noted in the history"))

    @admin.display(description=gettext_lazy("prompt"))
    def of_prompt(self, row: AIOutputFeedback) -> SafeString:
        return _narrowed(row.prompt_key, prompt_key=row.prompt_key)

    @admin.display(description=gettext_lazy("prompt version"))
    def of_version(self, row: AIOutputFeedback) -> SafeString:
        return _narrowed(row.prompt_version, prompt_key=row.prompt_key, prompt_version=row.prompt_version)

    @admin.display(description=gettext_lazy("model"))
    def of_model(self, row: AIOutputFeedback) -> SafeString:
        return _narrowed(row.model, model=row.model)

    @admin.display(description=gettext_lazy("route"))
    def of_route(self, row: AIOutputFeedback) -> SafeString:
        return _narrowed(row.route, route=row.route)


def _narrowed(text: str, **fields: str) -> SafeString:
    """A link to the list of all that share it."""
    return list_of(AIOutputFeedback, urlencode(fields), text)
