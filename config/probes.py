"""Probes before everything else: those who watch ask by address and over plain HTTP, and get no redirect and no 400."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config import health
from config.metrics import exposition

PROBES = {f"/{pattern.pattern}": pattern.callback for pattern in [*health.urlpatterns, *exposition.urlpatterns]}


class ProbesMiddleware:
    """Their answers depend on no host, user or cookie, so nothing that follows could protect anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else self.get_response(request)
