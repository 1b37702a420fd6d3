"""Three questions for whoever watches: alive, ready, whole. Open to all, so nothing in the answers is secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.outage import RETRY_AFTER_S
from requests_app.condition.broker import broker
from requests_app.condition.postgres import database, known_migrations
from requests_app.condition.reading import Reading
from requests_app.condition.workers import beat, workers

DOWN = Reading(state="bad", says="")

# Asked only while the database answers: waiting for it once is enough.
SEEN_IN_DATABASE: dict[str, Callable[[], Reading]] = {"worker": workers, "beat": beat}


def look(part: Callable[[], Reading]) -> Reading:
    try:
        return part()
    except Error:
        return DOWN


@require_safe
def livez(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is touched."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """The database answers and has every migration: send traffic here."""
    try:
        checks = {"database": database().ok, "migrations": known_migrations.applied()}
    except Error:
        checks = {"database": False}
    ok = all(checks.values())
    return _answer(ok=ok, facts=checks)


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Everything that a request needs on its way; 503 while any part is missing."""
    parts = {"database": look(database), "broker": broker()}
    parts |= {name: look(part) if parts["database"].ok else DOWN for name, part in SEEN_IN_DATABASE.items()}
    ok = all(part.ok for part in parts.values())
    return _answer(ok=ok, facts={name: _said(part) for name, part in parts.items()})


def _answer(*, ok: bool, facts: Mapping[str, object]) -> JsonResponse:
    body = {"ok": ok, **facts}
    return JsonResponse(body) if ok else JsonResponse(body, status=503, headers={"Retry-After": RETRY_AFTER_S})


def _said(part: Reading) -> dict[str, Any]:
    """Not its sentence and its facts: whoever is not staff need not know versions and hosts."""
    return {"ok": part.ok, "since": part.since}


urlpatterns = [path("livez", livez), path("readyz", readyz), path("healthz", healthz)]
