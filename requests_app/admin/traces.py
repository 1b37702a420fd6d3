"""Which request did a client's key make? When was beat last seen?"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import LargeTableAdmin, LookOnlyAdmin
from requests_app.models import IdempotencyKey, Pulse
from requests_app.models.request import texts_of


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(LargeTableAdmin[IdempotencyKey]):
    list_display = ["created", "key", "user", "method", "path", "request"]
    search_fields = ["id", "user__username"]
    search_exactly = "user__username"

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdempotencyKey]:
        return super().get_queryset(request).select_related("user", "request").defer(*texts_of("request"))


@admin.register(Pulse)
class PulseAdmin(LookOnlyAdmin[Pulse]):
    list_display = ["name", "since", "at"]
    ordering = ["name"]
