"""The stream over WebSocket: /ws/requests/{id}?after=<position>."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import ClassVar

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import InterfaceError, OperationalError

from requests_app.callers import headers_of
from requests_app.errors import PositionInvalid
from requests_app.stream import Event
from requests_app.watch import NotFound, NotSignedIn, Watch, position_asked

logger = logging.getLogger(__name__)

# Application close codes: 4000 + the HTTP status that says the same.
CLOSE_CODES: dict[type[Exception], int] = {
    PositionInvalid: 4400,
    NotSignedIn: 4401,
    NotFound: 4404,
    OperationalError: 4503,
    InterfaceError: 4503,
}


class RequestConsumer(AsyncWebsocketConsumer):
    """Sends one request's events and closes after the last. What the client sends is ignored.

    Live messages reach it through the process's hub, so it takes no channel of its own: a Redis that is away cannot
    keep a reader out.
    """

    channel_layer_alias: ClassVar[str] = ""

    async def connect(self) -> None:
        await self.accept()
        self._task = asyncio.create_task(self._stream())

    async def disconnect(self, code: int) -> None:
        self._task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Closing is the only thing a reader can say here."""

    async def _stream(self) -> None:
        headers = headers_of(self.scope)
        watch = Watch(self.scope["url_route"]["kwargs"]["request_id"], headers, socket=True)
        try:
            await watch.check()
            await watch.deliver(position_asked(self.scope["query_string"], headers), self._send_event)
        except tuple(CLOSE_CODES) as problem:
            await self.close(code=next(code for kind, code in CLOSE_CODES.items() if isinstance(problem, kind)))
        except Exception:
            logger.exception("a stream broke")
            await self.close(code=1011)
        else:
            await self.close(code=1000)

    async def _send_event(self, event: Event) -> None:
        await self.send(text_data=json.dumps(event, ensure_ascii=False, separators=(",", ":")))
