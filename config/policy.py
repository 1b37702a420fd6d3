"""The content security policy: one for all pages, and what the admin's theme cannot do without."""

from __future__ import annotations

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.apps import apps
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# unfold is built on Alpine, which turns attributes into functions and binds styles as text.
FOR_THE_ADMIN = {"script-src": [UNSAFE_EVAL], "style-src-attr": [UNSAFE_INLINE]}


class PolicyMiddleware(CSPMiddleware):
    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        place = request.resolver_match
        if place and place.app_name == "admin" and apps.is_installed("unfold"):
            parts.update = FOR_THE_ADMIN
        return parts
