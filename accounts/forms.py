"""The forms of the Account pages. Their controls are written in the templates; here stands what may be said in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import ApiToken, Membership, Team, User
from accounts.tokens import lifetimes

if TYPE_CHECKING:
    UserFormBase = forms.ModelForm[User]
    TeamFormBase = forms.ModelForm[Team]
else:
    UserFormBase = TeamFormBase = forms.ModelForm

NEVER = ""


class DetailsForm(UserFormBase):
    class Meta:
        model = User
        fields = ("first_name", "last_name", "email")


class TokenForm(forms.Form):
    name = forms.CharField(max_length=ApiToken._meta.get_field("name").max_length)
    days = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(NEVER if days is None else str(days), _lasting(days)) for days in lifetimes()]
        days = self.fields["days"]
        assert isinstance(days, forms.TypedChoiceField)  # noqa: S101 - for the type checker
        days.choices = offered
        days.required = None not in lifetimes()
        days.initial = next((value for value, _word in offered if value == "90"), offered[-1][0])


class TeamForm(TeamFormBase):
    class Meta:
        model = Team
        fields = ("name",)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices)


class MemberForm(RoleForm):
    username = forms.CharField(max_length=150)


def _lasting(days: int | None) -> Any:
    return _("never") if days is None else ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
