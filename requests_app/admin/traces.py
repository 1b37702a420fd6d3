"""Which request did a client's key make? When was beat last seen?"""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.base import LargeTableAdmin, LookOnlyAdmin
from requests_app.models import IdempotencyKey, Pulse


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(LargeTableAdmin[IdempotencyKey]):
    list_display = ["created", "key", "user", "method", "path", "request"]
    list_select_related = ["user", "request"]
    search_fields = ["id", "user__username"]
    search_exactly = "user__username"


@admin.register(Pulse)
class PulseAdmin(LookOnlyAdmin[Pulse]):
    list_display = ["name", "since", "at"]
    ordering = ["name"]
