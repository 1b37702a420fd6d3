"""The routes that are served under ASGI; everything else is plain HTTP."""

from __future__ import annotations

from typing import Any, cast

from channels.routing import URLRouter
from django.urls import path, re_path

from requests_app.consumers import RequestConsumer
from requests_app.events import request_events


async def no_such_socket(_scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Every address that is no socket's: refused before the handshake, which clients see as 403."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


# Django types its paths for views only; Channels resolves ASGI applications through them.
socket: Any = RequestConsumer.as_asgi()
sockets: Any = URLRouter(
    [cast(Any, path("ws/requests/<uuid:request_id>", socket)), cast(Any, re_path(r"", cast(Any, no_such_socket)))]
)
streams: dict[str, Any] = {"api/v1/requests/<uuid:request_id>/events": request_events}  # by their routes
