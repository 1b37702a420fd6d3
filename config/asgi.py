"""Sockets and event streams under ASGI; plain HTTP bridged to the WSGI application, so that one port serves all.

Each thread hop of Django under ASGI is dear, so plain requests make exactly one: into the bridge's own threads. A
larger deployment serves the same two halves from two process types (docs/architecture.md).
"""

from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

from config.access import logged
from config.bridge import alive, plain_http
from config.request_id import identified
from requests_app.routing import sockets, streams

# Django types its paths for views only; Channels resolves ASGI applications through them.
plain: list[Any] = [path("livez", cast(Any, alive)), re_path(r"", cast(Any, plain_http))]

events: list[Any] = [path(route, cast(Any, logged(stream, route))) for route, stream in streams.items()]

halves: Any = ProtocolTypeRouter({"http": URLRouter([*events, *plain]), "websocket": logged(sockets, "ws")})
application = identified(halves)
