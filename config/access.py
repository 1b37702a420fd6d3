"""One log line for each HTTP call and socket: its route, never its path or query, which may hold what is private."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from django.http import HttpRequest
from django.utils.functional import LazyObject

logger = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

PROBES = {"livez", "readyz", "healthz", "metrics"}


def log_call(*, method: str, route: str, status: int, since: float, **more: object) -> None:
    """``since`` is when it came, by time.monotonic(). Probes that went well are not worth a line."""
    if route in PROBES and status < 400:
        return
    took_ms = round((monotonic() - since) * 1000)
    fields = {"method": method, "route": route, "status": status, "ms": took_ms, **more}
    logger.info("%s %s %s in %s ms", method, route, status, took_ms, extra={"fields": fields})


def log_page(request: HttpRequest, status: int, since: float) -> None:
    """For Django's half. A static file that was found has no route, and gets no line."""
    match = request.resolver_match
    if match is None and status < 400:
        return
    user = _caller(request)
    more = {"user": str(user)} if user else {}
    log_call(method=method_of(request.method), route=match.route if match else "", status=status, since=since, **more)


def method_of(word: str | None) -> str:
    """A client may call its method anything."""
    return word if word in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "OTHER"


def logged(application: Application, route: str) -> Application:
    """For the half under ASGI: a line at the end of each stream or socket; a socket's status is its close code."""

    async def served(scope: dict[str, Any], receive: Any, send: Any) -> None:
        since, status = monotonic(), 0

        async def noted(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        try:
            await application(scope, receive, noted)
        finally:
            method = "WS" if scope["type"] == "websocket" else method_of(scope["method"])
            log_call(method=method, route=route, status=status, since=since)

    return served


def _caller(request: HttpRequest) -> object:
    """Who was found to ask; looking would cost a query where nobody has looked."""
    user: Any = request.__dict__.get("user")
    if isinstance(user, LazyObject):
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)
