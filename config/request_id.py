"""One id for each HTTP call: in the answer's X-Request-ID, in error bodies, in logs, in the request that it made.

A proxy or a client may bring its own in the same header.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.http import HttpRequest, HttpResponse
from uuid_utils.compat import uuid7

from ai.handlers import handling
from config.access import Application, log_page
from requests_app.context import carry

USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")
NAME = b"x-request-id"


def usable_id(offered: str) -> str:
    """The offered id, or a new one where that is none: it stands in logs and in a column of 64 characters."""
    return offered if USABLE.fullmatch(offered) else uuid7().hex


class RequestIdMiddleware:
    """Stands first, so that every answer carries the id, also those that other middlewares give."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        since = monotonic()
        # Behind the bridge the call has its id already.
        scope = request.META.get("asgi.scope") or {}
        request_id = scope.get("http_request_id") or usable_id(request.headers.get("X-Request-ID", ""))
        # Never taken back: Django logs refusals after this has returned, and the thread's next call brings its own.
        carry(http_request_id=request_id)
        request.request_id = request_id  # type: ignore[attr-defined]  # read by the API's problems
        with handling():
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        log_page(request, response.status_code, since)
        return response


def identified(application: Application) -> Application:
    """The same for everything under ASGI, bridged calls included."""

    async def served(scope: dict[str, Any], receive: Any, send: Any) -> None:
        offered = dict(scope.get("headers", ())).get(NAME, b"").decode("latin-1")
        request_id = usable_id(offered)
        carry(http_request_id=request_id)
        with handling():
            await application({**scope, "http_request_id": request_id}, receive, send)

    return served
