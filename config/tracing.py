"""Traces over OTLP, where the packages of requirements/otel.txt are installed and an endpoint is named.

The exporter reads the standard variables itself: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS,
OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER and so on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.util import find_spec

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from ai.tracing import SERVER, failed, span
from config import env
from config.access import method_of

logger = logging.getLogger(__name__)

EXPORTER = "opentelemetry.exporter.otlp.proto.http"


def wanted() -> bool:
    endpoint = env.optional("OTEL_EXPORTER_OTLP_ENDPOINT") or env.optional("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return endpoint is not None


def installed() -> bool:
    try:
        return find_spec(EXPORTER) is not None
    except ModuleNotFoundError:
        return False


def start() -> None:
    """Once a process; nothing where nobody asked for it."""
    if not wanted():
        return
    if not installed():
        logger.warning("no traces are sent: requirements/otel.txt is not installed")
        return
    send = import_string("config.otlp.send")  # by name: it is slow to load, and not installed everywhere
    send()


class TracingMiddleware:
    """A span for each plain HTTP call, below the caller's own where it sent a traceparent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not wanted() or not installed():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = method_of(request.method)
        attributes = {"http.request.method": method, "url.scheme": request.scheme or "http"}
        with span(method, SERVER, attributes, parent=request.headers.get("traceparent", "")) as current:
            response = self.get_response(request)
            if request.resolver_match is not None:
                current.update_name(f"{method} {request.resolver_match.route}")
                current.set_attribute("http.route", request.resolver_match.route)
            current.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= 500:
                failed(current, str(response.status_code))
            return response
