"""Traces are sent where they were asked for and can be; all else runs on without them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from config import env, tracing

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
