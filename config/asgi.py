"""Sockets and event streams under ASGI; plain HTTP bridged to the WSGI application, so that one port serves all.

Each thread hop of Django under ASGI is dear, so plain requests make exactly one: into the bridge's own threads. A
larger deployment serves the same two halves from two process types (docs/architecture.md).
"""

from typing import Any, cast

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path

from config.wsgi import application as wsgi_application
from requests_app.routing import sockets, streams

plain_http: Any = WSGIMiddleware(cast(Any, wsgi_application), workers=settings.LINTEL_WEB_THREADS)

application = ProtocolTypeRouter(
    {
        "http": URLRouter([*streams, re_path(r"", plain_http)]),
        "websocket": sockets,
    }
)
