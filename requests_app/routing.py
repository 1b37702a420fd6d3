"""The routes that are served under ASGI; everything else is plain HTTP."""

from __future__ import annotations

from channels.routing import URLRouter
from django.urls import path

from requests_app.consumers import RequestConsumer
from requests_app.events import request_events

sockets = URLRouter([path("ws/requests/<uuid:request_id>", RequestConsumer.as_asgi())])
streams = [path("api/v1/requests/<uuid:request_id>/events", request_events)]
