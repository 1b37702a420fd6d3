"""Traces are sent where they were asked for and can be; all else runs on without them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import resolve
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from config import env, tracing
from tests.unit.spans import CANARY
from tests.unit.spans import exporter as exporter

ABSENT = ("opentelemetry.absent", "opentelemetry.absent.http")
PROCESSES = """
import sys, django
import config.celery, config.wsgi
config.celery.send_traces()
print(*(name for name in sys.modules if name.startswith(("config.otlp", "opentelemetry.exporter"))))
"""


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture(params=ABSENT)
def not_installed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracing.installed()
    monkeypatch.setattr(tracing, "EXPORTER", request.param)


def processes(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROCESSES],
        cwd=env.ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_nothing_is_loaded_where_nobody_asked() -> None:
    assert processes().stdout.strip() == ""


def test_header_that_cannot_be_read_is_not_repeated() -> None:
    """It may be somebody's key."""
    done = processes(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_EXPORTER_OTLP_HEADERS="canary a key")
    assert "config.otlp" in done.stdout
    assert "canary" not in done.stdout + done.stderr


def test_asked_for_without_the_packages_is_said_and_does_no_harm(
    asked: None, not_installed: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        tracing.start()
    assert "requirements/otel.txt is not installed" in caplog.text
    with pytest.raises(MiddlewareNotUsed):
        tracing.TracingMiddleware(answer)


def test_middleware_stays_out_where_nobody_asked() -> None:
    with pytest.raises(MiddlewareNotUsed):
        tracing.TracingMiddleware(answer)


def serve(path: str, *, status: int, resolved: bool = True) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        if resolved:
            request.resolver_match = resolve(request.path)
        return HttpResponse(CANARY, status=status)

    headers = {"Authorization": CANARY, "X-Request-ID": CANARY}
    tracing.TracingMiddleware(view)(RequestFactory().post(path, {"q": CANARY}, headers=headers))


def test_call_is_known_by_its_route_and_by_nothing_that_was_sent(asked: None, exporter: InMemorySpanExporter) -> None:
    serve(f"/api/v1/requests?q={CANARY}", status=202)
    (served,) = exporter.get_finished_spans()
    assert (served.name, served.status.status_code) == ("POST api/v1/requests", StatusCode.UNSET)
    assert dict(served.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "api/v1/requests",
        "http.response.status_code": 202,
        "url.scheme": "http",
    }


@pytest.mark.parametrize(("status", "error"), [(404, None), (500, "500"), (503, "503")])
def test_error_of_ours_is_one_and_a_callers_is_not(
    asked: None, exporter: InMemorySpanExporter, status: int, error: str | None
) -> None:
    serve(f"/{CANARY}", status=status, resolved=False)
    (served,) = exporter.get_finished_spans()
    assert served.name == "POST"
    assert (served.attributes or {}).get("error.type") == error
    assert (served.status.status_code is StatusCode.ERROR) == bool(error)
