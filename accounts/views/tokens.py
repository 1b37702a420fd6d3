"""API tokens: made here, shown once, revoked here. Looked up by owner, and never by anything that opens a door."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.forms import TokenForm
from accounts.models import ApiToken
from accounts.page_request import PageRequest
from accounts.tokens import NewToken, TokenRefused, issue, live_tokens


@never_cache
@login_required
@sensitive_variables("new")
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(http: PageRequest) -> HttpResponse:
    if http.method != "POST":
        return _page(http, TokenForm())
    form = TokenForm(http.POST)
    if not form.is_valid():
        return _page(http, form)
    try:
        new = issue(http.user, **form.cleaned_data)
    except TokenRefused as refusal:
        form.add_error("name", str(refusal))
        return _page(http, form)
    # The answer itself shows it: a redirect would have to keep it somewhere in between.
    return _page(http, TokenForm(), new)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(http: PageRequest, pk: UUID) -> HttpResponse:
    token = get_object_or_404(ApiToken, public_id=pk, user=http.user)
    if http.method == "POST":
        token.delete()
        messages.success(http, _("%(name)s is revoked.") % {"name": token.name})
    return redirect("tokens")


def _page(http: PageRequest, form: TokenForm, new: NewToken | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "new": new,
        "tokens": ApiToken.objects.filter(user=http.user).order_by("-created"),
        "live_count": live_tokens(http.user).count(),
        "most": settings.LINTEL_TOKENS_PER_USER,
        "host": http.build_absolute_uri("/").rstrip("/"),
    }
    return render(http, "accounts/tokens.html", context, status=400 if form.errors else 200)
