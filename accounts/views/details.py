"""Who I am, and my password."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import DetailsForm
from accounts.models import User
from accounts.page_request import PageRequest
from accounts.tokens import live_tokens


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def details(http: PageRequest) -> HttpResponse:
    form = DetailsForm(http.POST or None, instance=http.user)
    if http.method == "POST" and form.is_valid():
        form.save()
        messages.success(http, _("Your details are saved."))
        return redirect("account")
    return render(http, "accounts/details.html", {"form": form}, status=400 if form.errors else 200)


@method_decorator(never_cache, name="dispatch")
class PasswordView(PasswordChangeView):
    """Django's: every other session of the user ends with the old password, this one goes on."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("password")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast("User", self.request.user)
        return super().get_context_data(token_count=live_tokens(user).count(), **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is changed. Every other browser is logged out."))
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)
