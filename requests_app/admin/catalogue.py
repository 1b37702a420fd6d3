"""Which models answer what, of which provider, at which price, and who changed that?

An edit holds for the next request that is accepted, in every process. Rows are turned off, not deleted: those of a
release would come back with the next one.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import LintelAdmin, LookOnlyAdmin
from ai.routing.prices import price_of_row
from ai.routing.revert import differences, put_back
from ai.routing.tables import (
    CatalogueRow,
    CatalogueVersion,
    LLMModel,
    LLMProvider,
    ModelRoute,
    TierQualityMapping,
    editing,
)

Row = TypeVar("Row", bound=CatalogueRow)


class CatalogueAdmin(LintelAdmin[Row]):
    """What a row is named by stays; the rest may be edited."""

    def get_readonly_fields(self, request: HttpRequest, obj: Row | None = None) -> list[Any]:
        return [*self.readonly_fields, *(self.model.KEY if obj else ())]

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: Any) -> None:
        with editing(request.user.get_username()):
            super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("edited here"), boolean=True)
    def edited(self, row: Row) -> bool:
        return not row.untouched


@admin.register(LLMProvider)
class ProviderAdmin(CatalogueAdmin[LLMProvider]):
    list_display = ["name", "kind", "base_url", "base_url_setting", "api_key_setting", "enabled", "edited"]
    list_filter = ["enabled"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name", *LLMProvider.CONTENT]


@admin.register(LLMModel)
class ModelAdmin(CatalogueAdmin[LLMModel]):
    list_display = ["name", "provider", "context_window", "priced", "enabled", "edited"]
    list_select_related = ["provider"]
    list_filter = ["enabled", "provider"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name", "provider", *(name for name in LLMModel.CONTENT if name != "provider_id"), "priced"]
    readonly_fields = ["priced"]

    @admin.display(description=gettext_lazy("price"))
    def priced(self, row: LLMModel) -> str:
        price = price_of_row(row)
        if not price.rates:
            return price.source
        words = {"input": price.rate("input"), "output": price.rate("output"), "source": price.source}
        return _("$%(input)s in, $%(output)s out (%(source)s)") % words


@admin.register(ModelRoute)
class RouteAdmin(CatalogueAdmin[ModelRoute]):
    list_display = ["action", "quality_level", "priority", "asked", "size", "enabled", "edited"]
    list_filter = ["enabled", "action", "priority", "quality_level"]
    search_fields = ["action"]
    ordering = ["action", "quality_level", "priority"]
    fields = [*ModelRoute.KEY, *ModelRoute.CONTENT]

    @admin.display(description=gettext_lazy("asked"))
    def asked(self, row: ModelRoute) -> str:
        return " → ".join(_shares(tier) for tier in row.tiers)


def _shares(tier: dict[str, int]) -> str:
    return " + ".join(f"{weight} of {name}" for name, weight in tier.items()) if len(tier) > 1 else next(iter(tier), "")


@admin.register(TierQualityMapping)
class TierAdmin(CatalogueAdmin[TierQualityMapping]):
    list_display = ["tier", "quality_level", "edited"]
    search_fields = ["tier"]
    ordering = ["quality_level", "tier"]
    fields = ["tier", "quality_level"]


@admin.register(CatalogueVersion)
class VersionAdmin(LookOnlyAdmin[CatalogueVersion]):
    list_display = ["number", "at", "made_by"]
    list_filter = ["at"]
    ordering = ["-number"]
    fields = readonly_fields = ("number", "at", "made_by", "changed", "pretty")
    actions = ["revert"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CatalogueVersion]:
        return super().get_queryset(request).defer("content")

    @admin.display(description=gettext_lazy("by"))
    def made_by(self, row: CatalogueVersion) -> str:
        return row.by or _("a release")

    @admin.display(description=gettext_lazy("changed"))
    def changed(self, row: CatalogueVersion) -> SafeString:
        before = CatalogueVersion.objects.filter(number__lt=row.number).first()
        lines = differences(before.content if before else {}, row.content)
        return format_html('<pre class="lintel-text">{}</pre>', "\n".join(lines))

    @admin.display(description=gettext_lazy("content"))
    def pretty(self, row: CatalogueVersion) -> SafeString:
        return format_html('<pre class="lintel-text">{}</pre>', json.dumps(row.content, indent=2, ensure_ascii=False))

    def has_revert_permission(self, request: HttpRequest) -> bool:
        tables = (LLMProvider, LLMModel, ModelRoute, TierQualityMapping)
        return all(request.user.has_perm(f"ai.change_{table._meta.model_name}") for table in tables)

    @admin.action(description=gettext_lazy("Put the catalogue back as it was…"), permissions=["revert"])
    def revert(self, request: HttpRequest, queryset: QuerySet[CatalogueVersion]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one version."), messages.ERROR)
            return None
        [row] = chosen
        question = _("Put the catalogue back as version %(number)s had it?") % {"number": row}
        if page := self.ask_first(request, chosen, action="revert", question=question):
            return page
        put_back(row, by=request.user.get_username())
        self.log_change(request, row, "Put the catalogue back to this version.")
        self.message_user(request, _("The catalogue is as it was."), messages.SUCCESS)
        return None
