"""What did each call use and cost, at which price?"""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import LargeTableAdmin, first_recent_id, page_of
from accounts.models import Team, User
from ai.models import LLMUsageLog
from requests_app.admin.spending import Spent
from requests_app.models import AIRequest

HIDDEN = {"metadata", "price", "estimated"}  # metadata are the user's words; the others are shown by methods


@admin.register(LLMUsageLog)
class UsageAdmin(LargeTableAdmin[LLMUsageLog]):
    list_display = ["created", "prompt_key", "model", "attempt", "kind", "tokens", "guessed", "cost", "made_for"]
    list_filter = ["created", "kind", "estimated"]
    linked_by = ["subject", "scope", "reference"]
    search_fields = ["reference", "object_id"]
    search_key = "reference"
    search_help_text = _("Request; object or HTTP request id (30 days)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LLMUsageLog]:
        return super().get_queryset(request).defer("metadata")

    def recently_named(self, term: str) -> Q:
        asked = AIRequest.objects.filter(pk__gte=first_recent_id(), http_request_id=term)
        return Q(object_id=term) | Q(reference__in=asked.values("pk"))

    def get_fields(self, request: HttpRequest, obj: LLMUsageLog | None = None) -> list[Any]:
        stored = [field.name for field in self.opts.concrete_fields if field.name not in HIDDEN]
        return ["made_for", "user", "team", *stored, "guessed", "frozen_price"]

    def get_readonly_fields(self, request: HttpRequest, obj: LLMUsageLog | None = None) -> list[Any]:
        return self.get_fields(request, obj)

    @admin.display(description=_("request"))
    def made_for(self, row: LLMUsageLog) -> SafeString:
        return page_of(AIRequest, row.reference, str(row.reference))

    @admin.display(description=_("user"))
    def user(self, row: LLMUsageLog) -> SafeString:
        return page_of(User, row.subject, User.objects.filter(pk=row.subject).first() or row.subject)

    @admin.display(description=_("team"))
    def team(self, row: LLMUsageLog) -> SafeString:
        return page_of(Team, row.scope, Team.objects.filter(pk=row.scope).first() or row.scope)

    @admin.display(description=_("tokens in / out"))
    def tokens(self, row: LLMUsageLog) -> str:
        sent = row.input_tokens + row.cache_read_tokens + row.cache_write_tokens
        return Spent(sent=sent, received=row.output_tokens).tokens

    @admin.display(description=_("estimated"))
    def guessed(self, row: LLMUsageLog) -> str | None:
        return str(_("yes")) if row.estimated else None

    @admin.display(description=_("cost"))
    def cost(self, row: LLMUsageLog) -> str:
        return str(_("unknown")) if row.cost_usd is None else Spent(usd=row.cost_usd).cost

    @admin.display(description=_("price"))
    def frozen_price(self, row: LLMUsageLog) -> SafeString | None:
        return row.price and format_html('<pre class="lintel-text">{}</pre>', json.dumps(row.price, indent=2))
