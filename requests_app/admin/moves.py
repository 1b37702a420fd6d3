"""When did this request change its status, and why?"""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.base import LargeTableAdmin, LookOnlyInline
from requests_app.models import AIRequest, RequestMove


class MovesInline(LookOnlyInline[RequestMove, AIRequest]):
    model = RequestMove
    fields = readonly_fields = ("at", "source", "target", "attempt", "code")


@admin.register(RequestMove)
class MoveAdmin(LargeTableAdmin[RequestMove]):
    list_display = ["at", "source", "target", "attempt", "code", "request"]
    list_select_related = ["request"]
    search_fields = ["request__id"]
    search_key = "request"
