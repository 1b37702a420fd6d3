"""Which tokens are there, and when was each last used? A token's digest, its key, stands on no page, in no address."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import LookOnlyAdmin
from accounts.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(LookOnlyAdmin[ApiToken]):
    """A list to look at and revoke from; a token is made where its owner can read it once."""

    list_display = ["name", "user", "begins_with", "created", "last_used", "expiry"]
    list_display_links = None
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    actions = ["revoke"]

    linked_by = ["user"]
    ordering = ["-created"]

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return request.user.has_perm("accounts.delete_apitoken")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Only ours: the stock deletion page would link to tokens by their digests."""
        return {name: action for name, action in super().get_actions(request).items() if name == "revoke"}

    def get_urls(self) -> list[URLPattern]:
        """The list alone: every other page of the admin is addressed by the key."""
        return [url for url in super().get_urls() if url.name == "accounts_apitoken_changelist"]

    @admin.display(description=_("begins with"))
    def begins_with(self, token: ApiToken) -> str:
        return f"{token.token_key}…"

    def action_checkbox(self, obj: ApiToken) -> SafeString:
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            obj.public_id,
            _("Select %(token)s") % {"token": obj},
        )

    def response_action(self, request: HttpRequest, queryset: QuerySet[ApiToken], *_: Any) -> HttpResponse:
        ticked = request.POST.getlist(ACTION_CHECKBOX_NAME)
        self.revoke(request, [token for token in queryset if str(token.public_id) in ticked])
        return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=_("Revoke selected tokens"), permissions=["delete"])
    def revoke(self, request: HttpRequest, tokens: list[ApiToken]) -> None:
        for token in tokens:  # in the owner's history: the log keeps keys, and a token's key is its digest
            self.log_change(request, token.user, f"Revoked API token {token}")
            token.delete()
        self.message_user(request, _("%(count)d revoked.") % {"count": len(tokens)}, messages.SUCCESS)
