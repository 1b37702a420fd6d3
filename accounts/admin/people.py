"""Who is this user, in which teams, with which tokens?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import UNFOLD, LintelAdmin, table
from accounts.admin.teams import PersonsTeamsInline
from accounts.anonymity import anonymise
from accounts.models import ApiToken, User

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")

if TYPE_CHECKING:
    UserAdminBase = UserAdmin[User]
else:

    class UserAdminBase(UserAdmin):
        if UNFOLD:
            forms = import_module("unfold.forms")
            form, add_form, change_password_form = (
                forms.UserChangeForm,
                forms.UserCreationForm,
                forms.AdminPasswordChangeForm,
            )


@admin.register(User)
class PersonAdmin(UserAdminBase, LintelAdmin[User]):  # type: ignore[misc]  # stubs differ on lookup_allowed
    list_display = ["username", "email", "is_staff", "is_active", "date_joined", "last_login"]
    readonly_fields = ["last_login", "date_joined", "tokens"]
    fieldsets = [*(UserAdmin.fieldsets or ()), (gettext_lazy("API tokens"), {"fields": ["tokens"]})]
    actions = ["anonymise"]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # requests and teams keep pointing to a user: anonymise instead

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever may change users must not become a superuser by another's password."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        powers = () if request.user.is_superuser else POWERS
        return [*super().get_readonly_fields(request, obj), *powers]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return [PersonsTeamsInline] if obj else []

    @admin.display(description=gettext_lazy("API tokens"))
    def tokens(self, person: User) -> SafeString:
        rows = [
            [token.name, f"{token.token_key}…", *map(_day, (token.created, token.last_used, token.expiry))]
            for token in ApiToken.objects.filter(user=person).order_by("-created")
        ]
        headers = [_("Name"), _("Begins with"), _("Created"), _("Last used"), _("Expires")]
        return table(headers, rows, notes=[] if rows else [_("None.")])

    @admin.action(description=gettext_lazy("Anonymise selected users…"), permissions=["change"])
    def anonymise(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Takes effect on those whom the person may change, and never on the person."""
        question = _("Remove these people's names, passwords and tokens for ever?")
        page = self.ask_first(request, queryset, action="anonymise", question=question)
        if page:
            return page
        chosen = [row for row in queryset if row != request.user and self.has_change_permission(request, row)]
        for row in chosen:
            anonymise(row)
            self.log_change(request, row, "Anonymised.")
        self.message_user(request, _("%(count)d anonymised.") % {"count": len(chosen)}, messages.SUCCESS)
        return None


def _day(moment: Any) -> str:
    return localize(moment) if moment else _("never")
