"""Which version of a prompt is live, since when, and who moved it?"""

from __future__ import annotations

import json

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import LookOnlyAdmin, LookOnlyInline
from ai.models import PromptLabel, PromptTemplate
from ai.prompts.models import LIVE
from ai.prompts.registry import move_label


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, strip=True)


class LabelsInline(LookOnlyInline[PromptLabel, PromptTemplate]):
    model = PromptLabel
    fields = readonly_fields = ("label", "at", "mover", "reason")
    ordering = ["-at"]

    @admin.display(description=gettext_lazy("by"))
    def mover(self, label: PromptLabel) -> str:
        return label.by or _("the files")


@admin.register(PromptTemplate)
class PromptTemplateAdmin(LookOnlyAdmin[PromptTemplate]):
    list_display = ["key", "version", "live", "since", "by", "published", "created"]
    list_filter = ["published"]
    search_fields = ["key"]
    ordering = ["key", "-created"]
    fields = ["key", "version", "live", "since", "by", "published", "hash", "created", "pretty"]
    readonly_fields = ["live", "since", "by", "pretty"]
    inlines = [LabelsInline]
    actions = ["promote"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromptTemplate]:
        newest = PromptLabel.objects.filter(key=OuterRef("key"), label=LIVE).order_by("-at", "-id")
        labelled = {
            name: Subquery(newest.values(column)[:1])
            for name, column in {"live_id": "template_id", "live_at": "at", "live_by": "by"}.items()
        }
        return super().get_queryset(request).annotate(**labelled)

    @admin.display(description=gettext_lazy("live"), boolean=True)
    def live(self, row: PromptTemplate) -> bool:
        return bool(vars(row)["live_id"] == row.pk)

    @admin.display(description=gettext_lazy("since"))
    def since(self, row: PromptTemplate) -> str | None:
        return localize(localtime(vars(row)["live_at"])) if self.live(row) else None

    @admin.display(description=gettext_lazy("moved by"))
    def by(self, row: PromptTemplate) -> str | None:
        return (vars(row)["live_by"] or _("the files")) if self.live(row) else None

    @admin.display(description=gettext_lazy("content"))
    def pretty(self, row: PromptTemplate) -> SafeString:
        content = json.dumps(json.loads(row.content), indent=2, ensure_ascii=False)
        return format_html('<pre class="lintel-text">{}</pre>', content)

    def has_promote_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ai.add_promptlabel")

    @admin.action(description=gettext_lazy("Make the selected version live…"), permissions=["promote"])
    def promote(self, request: HttpRequest, queryset: QuerySet[PromptTemplate]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one version."), messages.ERROR)
            return None
        [row] = chosen
        form = ReasonForm(request.POST if "confirmed" in request.POST else None)
        question = _("Make %(prompt)s live?") % {"prompt": row}
        page = self.ask_first(request, chosen, action="promote", question=question, form=form)
        if page:
            return page
        label = move_label(
            key=row.key, version=row.version, by=request.user.get_username(), reason=form.cleaned_data["reason"]
        )
        self.log_change(request, label.template, f"Made live: {label.reason}")
        self.message_user(request, _("%(prompt)s is live.") % {"prompt": label.template}, messages.SUCCESS)
        return None


@admin.register(PromptLabel)
class PromptLabelAdmin(LookOnlyAdmin[PromptLabel]):
    list_display = ["at", "key", "template", "label", "by", "reason"]
    list_filter = ["label", "at"]
    list_select_related = ["template"]
    search_fields = ["key", "by"]
    ordering = ["-at", "-id"]
