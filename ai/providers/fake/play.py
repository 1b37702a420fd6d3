"""One call, played after its script."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from ai.providers.fake.dialects import Dialect
from ai.providers.fake.ledger import Call
from ai.providers.fake.script import Script
from ai.providers.fake.wire import Response

LAST_WORDS_S = 0.01  # what was written should reach the client before the connection goes


class Play:
    def __init__(self, *, call: Call, script: Script, dialect: Dialect, response: Response, reply: str) -> None:
        self._call = call
        self._script = script
        self._dialect = dialect
        self._response = response
        self._pieces = script.pieces(reply)
        self._empty = not self._pieces

    async def run(self, *, stream: bool) -> None:
        try:
            await self._answer(stream=stream)
        except asyncio.CancelledError:
            # A script's own reset also ends the connection, and with it this task.
            if self._call.ended is None:
                self._call.close("disconnected")
            raise
        finally:
            self._call.bytes_sent = self._response.bytes_sent

    async def _answer(self, *, stream: bool) -> None:
        script = self._script
        await asyncio.sleep(script.first_delay_s)
        if script.ending == "vanish":
            self._call.close("vanish")
            self._response.drop()
        elif script.status != HTTPStatus.OK or script.body is not None:
            self._reject()
        elif stream:
            await self._stream()
        else:
            self._call.text = "".join(self._pieces)
            self._call.completed = True
            self._call.close("done")
            self._response.json(HTTPStatus.OK, self._dialect.whole(self._call, script))

    def _reject(self) -> None:
        script = self._script
        self._call.status = script.status
        self._call.close("rejected")
        if script.body is not None:
            kind = {"Content-Type": script.content_type or "text/plain"}
            self._response.whole(script.status, script.body.encode(), {**kind, **self._waits()})
        else:
            self._response.json(script.status, self._dialect.error(script.status, script.error_code), self._waits())

    def _waits(self) -> Mapping[str, str]:
        waits = {"Retry-After": self._script.retry_after, "Retry-After-Ms": self._script.retry_after_ms}
        return {name: value for name, value in waits.items() if value is not None}

    async def _stream(self) -> None:
        script = self._script
        self._response.start_events(content_type=script.content_type, framing=script.framing, gzip=script.gzip)
        await self._send(self._dialect.opening(self._call, script, empty=self._empty))
        for index, text in enumerate(self._pieces[: script.after_chunks]):
            if index and script.chunk_delay_s:
                await asyncio.sleep(script.chunk_delay_s)
            self._call.text += text
            await self._send(self._dialect.piece(self._call, text, script))
        await self._end()

    async def _end(self) -> None:
        match self._script.ending:
            case "drop" | "reset":
                await asyncio.sleep(LAST_WORDS_S)
                self._call.close(self._script.ending)
                self._response.drop() if self._script.ending == "drop" else self._response.reset()
                return
            case "hang":
                await self._hang()
            case "garbage":
                await self._send(b"data: {this is not JSON\n\n")
            case "error":
                await self._send(self._dialect.error_event(self._script.error_code))
            case "done" | "unfinished" | "twice" | "more":
                await self._close()
        self._call.close(self._script.ending)
        self._response.finish()

    async def _close(self) -> None:
        """The proper end, or a variation on it."""
        ending = self._script.ending
        *before, last = self._dialect.closing(self._call, self._script, empty=self._empty)
        for data in before:
            await self._send(data)
        if ending == "unfinished":
            return
        await self._send(last)
        self._call.completed = True
        if ending == "twice":
            await self._send(last)
        elif ending == "more":
            await self._send(self._dialect.piece(self._call, " and more", self._script))

    async def _hang(self) -> None:
        pause = self._script.keepalive_s
        while True:
            await asyncio.sleep(pause or 3600)
            if pause:
                await self._send(self._dialect.keepalive(self._call))

    async def _send(self, data: bytes) -> None:
        script = self._script
        await self._response.send(data, packet_bytes=script.packet_bytes, packet_delay_s=script.packet_delay_s)
