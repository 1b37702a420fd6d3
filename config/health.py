"""Three questions for whoever watches: alive, ready, whole. Open to all, so nothing in the answers is secret."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import monotonic

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from requests_app.models import Pulse, WorkerLease
from requests_app.models.clock import DatabaseClock
from requests_app.models.pulse import BEAT, BEAT_SILENCE

BROKER_PATIENCE_S = 0.5  # to connect, and again to answer
MIGRATIONS_LOOK_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One part's state. ``since`` is when it came up, or was last seen where it is down; None where that is unknown."""

    ok: bool
    since: datetime | None = None


DOWN = Health(ok=False)


class Migrations:
    """Whether the database has every migration of this code. Yes is for ever; no is asked again after a while."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._applied = False
        self._looked_at = float("-inf")

    def applied(self) -> bool:
        with self._lock:
            if not self._applied and self._clock() - self._looked_at >= MIGRATIONS_LOOK_S:
                executor = MigrationExecutor(connection)
                self._applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
                self._looked_at = self._clock()
            return self._applied


migrations = Migrations()


def database() -> Health:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        (since,) = cursor.fetchone()
    return Health(ok=True, since=since)


def broker() -> Health:
    """Its answer to a question that takes it no work; bounded, as a broker may hang."""
    client = redis.Redis.from_url(
        settings.BROKER_URL or "",
        socket_connect_timeout=BROKER_PATIENCE_S,
        socket_timeout=BROKER_PATIENCE_S,
    )
    try:
        with client:
            up_s = client.info("server")["uptime_in_seconds"]
    except (redis.RedisError, OSError, ValueError):  # ValueError: no such address
        return DOWN
    return Health(ok=True, since=timezone.now() - timedelta(seconds=up_s))


def worker() -> Health:
    since = WorkerLease.objects.live().aggregate(since=Min("started"))["since"]
    return Health(ok=since is not None, since=since)


def beat() -> Health:
    pulse = Pulse.objects.filter(name=BEAT)
    if fresh := pulse.filter(at__gt=DatabaseClock() - BEAT_SILENCE).first():
        return Health(ok=True, since=fresh.since)
    last = pulse.first()
    return Health(ok=False, since=last.at if last else None)


# Asked only while the database answers: waiting for it once is enough.
SEEN_IN_DATABASE: dict[str, Callable[[], Health]] = {"worker": worker, "beat": beat}


def look(part: Callable[[], Health]) -> Health:
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
        checks = {"database": database().ok, "migrations": migrations.applied()}
    except Error:
        checks = {"database": False}
    ok = all(checks.values())
    return JsonResponse({"ok": ok, **checks}, status=200 if ok else 503)


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Everything that a request needs on its way; 503 while any part is missing."""
    parts = {"database": look(database), "broker": broker()}
    parts |= {name: look(part) if parts["database"].ok else DOWN for name, part in SEEN_IN_DATABASE.items()}
    ok = all(part.ok for part in parts.values())
    body = {"ok": ok, **{name: asdict(part) for name, part in parts.items()}}
    return JsonResponse(body, status=200 if ok else 503)


urlpatterns = [path("livez", livez), path("readyz", readyz), path("healthz", healthz)]
