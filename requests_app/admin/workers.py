"""Which worker processes live, and which requests do they hold?"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import LookOnlyAdmin, list_of, page_of, table
from requests_app.models import AIRequest, WorkerLease

SHOWN = 100


@admin.register(WorkerLease)
class WorkerLeaseAdmin(LookOnlyAdmin[WorkerLease]):
    list_display = ["host", "pid", "started", "expires_at", "holds"]
    fields = ["host", "pid", "started", "expires_at", "held"]
    readonly_fields = ["held"]
    search_fields = ["host"]
    ordering = ["-expires_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkerLease]:
        return super().get_queryset(request).annotate(running=Count("requests"))

    @admin.display(description=_("requests"))
    def holds(self, lease: WorkerLease) -> SafeString:
        return list_of(AIRequest, f"lease__id__exact={lease.pk}", vars(lease)["running"])

    @admin.display(description=_("requests"))
    def held(self, lease: WorkerLease) -> SafeString:
        held = lease.requests.order_by("started").only("id", "prompt_key", "started", "model")[:SHOWN]
        rows = [[page_of(AIRequest, row.pk, row), row.model, row.started] for row in held]
        return table([_("request"), _("model"), _("started")], rows, notes=[self.holds(lease)])
