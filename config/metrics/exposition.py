"""The figures as Prometheus reads them: at /metrics of the web server, and at a worker's own address where it has one.

Not for the public: volumes, prices and names of prompts are a company's own. Behind a proxy every caller seems to come
from near, so an address proves nothing; a token is asked for, except where the product runs for its developer.
"""

from __future__ import annotations

import hmac
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from config.metrics.state import DatabaseState

logger = logging.getLogger(__name__)


def metrics(request: HttpRequest) -> HttpResponse:
    """This host's counts, and the state of the database."""
    folder = settings.LINTEL_METRICS_DIR
    if folder is None or not _offered():
        return HttpResponseNotFound()
    if not _allowed(request.headers.get("Authorization", "")):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(_exposed(folder, state=True), content_type=CONTENT_TYPE_LATEST)


urlpatterns = [path("metrics", never_cache(require_safe(metrics)), name="metrics")]


def serve(folder: Path, host: str, port: int) -> None:
    """In a thread: this host's counts, for a host without a web server. Who comes second finds the port taken."""
    if not _offered():
        logger.warning("LINTEL_METRICS_TOKEN is not set, so no metrics are served")
        return

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not _allowed(self.headers.get("Authorization", "")):
                self.send_error(401)
                return
            body = _exposed(folder, state=False)
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Every few seconds, so not worth a line."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as problem:
        logger.info("no metrics at %s:%s (%s)", host, port, problem)
        return
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def _offered() -> bool:
    return bool(settings.LINTEL_METRICS_TOKEN) or settings.LINTEL_DEMO


def _allowed(authorization: str) -> bool:
    token = settings.LINTEL_METRICS_TOKEN
    return token is None or hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())


def _exposed(folder: Path, *, state: bool) -> bytes:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    if state:
        registry.register(DatabaseState())
    return generate_latest(registry)
