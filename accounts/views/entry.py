from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.signin import redeem

# What load_demo makes and the log-in page offers where LINTEL_DEMO is set.
DEMO_LOGINS = ({"username": "demo", "password": "demo"}, {"username": "admin", "password": "admin"})


class LoginView(views.LoginView):
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        logins = DEMO_LOGINS if settings.LINTEL_DEMO else ()
        return super().get_context_data(demo_logins=logins, **kwargs)


@never_cache
@require_GET
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Follow a one-time link; without demo settings there are none."""
    if not settings.LINTEL_DEMO:
        raise Http404
    user = redeem(token)
    if user is None:
        messages.warning(request, _("This sign-in link has been used or is older than ten minutes."))
        return redirect(settings.LOGIN_URL)
    login(request, user)
    return redirect(settings.LOGIN_REDIRECT_URL)
