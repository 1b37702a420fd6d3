"""At which cost of a day does who hear of it, and when did they?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import LookOnlyAdmin, list_of
from ai.models import PromptTemplate
from requests_app.admin.historic import HistoricAdmin
from requests_app.models import CostAlert, CostAlertDay, UsageDay
from requests_app.models.alert import MOST_ADDRESSES

if TYPE_CHECKING:
    Form = forms.ModelForm[CostAlert]
else:
    Form = forms.ModelForm


class AddressesField(forms.CharField):
    """Mail addresses with commas or spaces between them; a wrong one is named."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        addresses = [each for each in re.split(r"[\s,;]+", super().clean(value)) if each]
        if len(addresses) > MOST_ADDRESSES:
            raise ValidationError(_("At most %(most)d addresses.") % {"most": MOST_ADDRESSES})
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(_("%(address)s is no mail address.") % {"address": address}) from None
        return addresses


def prompt_choices() -> list[tuple[str, str]]:
    keys = PromptTemplate.objects.order_by("key").values_list("key", flat=True).distinct()
    return [("", _("All prompts")), *((key, key) for key in keys)]


class CostAlertForm(Form):
    prompt_key = forms.ChoiceField(label=gettext_lazy("Prompt"), choices=prompt_choices, required=False)
    emails = AddressesField(
        label=gettext_lazy("Mail to"),
        required=False,
        max_length=2000,
        widget=AdminTextInputWidget,
        help_text=gettext_lazy("Addresses, with commas between them. Empty: it stands on the Cost page alone."),
    )

    class Meta:
        model = CostAlert
        fields = ("name", "prompt_key", "team", "limit_usd", "emails", "active")


@admin.register(CostAlert)
class CostAlertAdmin(HistoricAdmin[CostAlert]):
    """Switched off by being made inactive."""

    form = CostAlertForm
    list_display = ["name", "prompt", "team", "limit_usd", "active", "reached"]
    list_filter = ["active"]
    list_select_related = ["team"]
    linked_by = ["team", "prompt_key"]
    search_fields = ["name", "prompt_key"]
    ordering = ["name"]
    autocomplete_fields = ["team"]

    @admin.display(description=gettext_lazy("prompt"))
    def prompt(self, alert: CostAlert) -> str:
        return alert.prompt_key or _("all")

    @admin.display(description=gettext_lazy("reached"))
    def reached(self, alert: CostAlert) -> SafeString:
        return list_of(CostAlertDay, f"alert__id__exact={alert.pk}", _("days"))


@admin.register(CostAlertDay)
class CostAlertDayAdmin(LookOnlyAdmin[CostAlertDay]):
    list_display = ["day", "alert", "cost_usd", "limit_usd", "at", "mailed"]
    list_select_related = ["alert"]
    linked_by = ["alert"]
    ordering = ["-day", "-pk"]


@admin.register(UsageDay)
class UsageDayAdmin(LookOnlyAdmin[UsageDay]):
    list_display = ["day", "scope", "scope_id", "dimension", "value", "calls", "cost_usd", "unpriced_calls"]
    list_filter = ["scope", "dimension"]
    linked_by = ["day", "value", "scope_id"]
    ordering = ["-day", "-pk"]

    def has_view_permission(self, request: HttpRequest, obj: UsageDay | None = None) -> bool:
        """Whose figures these are the Cost page knows; here they are everybody's."""
        return super().has_view_permission(request, obj) and request.user.has_perm("requests_app.view_all_usage")
