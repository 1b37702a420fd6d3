"""The fake provider itself."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from ai.providers.fake.answers import answer
from ai.providers.fake.dialects import BY_PATH, Dialect, input_texts
from ai.providers.fake.ledger import Call, Ledger
from ai.providers.fake.script import HEADER, Script, Scripts
from ai.providers.fake.wire import Connection, Request, Response


class FakeProvider:
    """Listens on loopback while the context is open. ``scripts`` and ``ledger`` are there for tests in the process;

    other processes use ``POST /control/scripts`` (``{"queue": [...], "models": {name: script}, "default": script}``),
    ``GET /control/ledger`` and ``POST /control/reset``.
    """

    def __init__(self, *, port: int = 0, scripts: Scripts | None = None) -> None:
        self.scripts = scripts or Scripts()
        self.ledger = Ledger()
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def openai_url(self) -> str:
        """What an OpenAI client takes as its base URL; Anthropic's takes ``url``."""
        return f"{self.url}/v1"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._handle, self._tasks), "127.0.0.1", self._port, backlog=1024
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def serve_forever(self) -> None:
        await self._server.serve_forever()

    async def _handle(self, request: Request, response: Response) -> None:
        dialect = BY_PATH.get(request.path)
        if dialect is not None and request.method == "POST":
            await self._chat(request, response, dialect)
        else:
            self._control(request, response)

    def _control(self, request: Request, response: Response) -> None:
        match request.method, request.path:
            case "GET", "/control/ledger":
                response.json(HTTPStatus.OK, {"calls": [call.as_json() for call in self.ledger.calls]})
            case "POST", "/control/scripts":
                self._load(request.json())
                response.json(HTTPStatus.OK, {})
            case "POST", "/control/reset":
                self.scripts = Scripts()
                self.ledger = Ledger()
                response.json(HTTPStatus.OK, {})
            case _:
                response.json(HTTPStatus.NOT_FOUND, {"error": "the fake provider does not know this path"})

    def _load(self, told: dict[str, Any]) -> None:
        if "default" in told:
            self.scripts.default = Script.from_json(told["default"])
        for model, script in told.get("models", {}).items():
            self.scripts.by_model[model] = Script.from_json(script)
        self.scripts.push(*(Script.from_json(script) for script in told.get("queue", ())))

    async def _chat(self, request: Request, response: Response, dialect: Dialect) -> None:
        body = request.json()
        texts = input_texts(body)
        try:
            script = self.scripts.choose(
                model=body["model"], header=request.headers.get(HEADER), last_user_text=texts[-1]
            )
        except (ValueError, TypeError) as error:
            response.json(HTTPStatus.BAD_REQUEST, dialect.error(400, f"bad script: {error}"))
            return
        call = self.ledger.open(
            protocol=dialect.name, model=body["model"], input_text="".join(texts), cached_tokens=script.cached_tokens
        )
        reply = answer(json.dumps(texts), dialect.schema(body))
        play = Play(call=call, script=script, dialect=dialect, response=response, reply=reply)
        await play.run(stream=bool(body.get("stream")))


class Play:
    """One call, played after its script."""

    def __init__(self, *, call: Call, script: Script, dialect: Dialect, response: Response, reply: str) -> None:
        self._call = call
        self._script = script
        self._dialect = dialect
        self._response = response
        self._pieces = script.pieces(reply)

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
        await asyncio.sleep(self._script.first_delay_s)
        if self._script.status != HTTPStatus.OK:
            self._reject()
        elif stream:
            await self._stream()
        else:
            self._call.text = "".join(self._pieces)
            self._call.close("done")
            self._response.json(HTTPStatus.OK, self._dialect.whole(self._call, self._script))

    def _reject(self) -> None:
        script = self._script
        waits = {"Retry-After": script.retry_after, "Retry-After-Ms": script.retry_after_ms}
        headers = {name: value for name, value in waits.items() if value is not None}
        self._call.status = script.status
        self._call.close("rejected")
        self._response.json(script.status, self._dialect.error(script.status, script.error_code), headers)

    async def _stream(self) -> None:
        self._response.start_events()
        await self._send(self._dialect.opening(self._call))
        for index, text in enumerate(self._pieces[: self._script.after_chunks]):
            if index and self._script.chunk_delay_s:
                await asyncio.sleep(self._script.chunk_delay_s)
            self._call.text += text
            await self._send(self._dialect.piece(self._call, text, self._script))
        await self._end()

    async def _end(self) -> None:
        match self._script.ending:
            case "hang":
                await self._hang()
            case "drop" | "reset":
                # What was written should reach the client before the connection goes.
                await asyncio.sleep(0.01)
                self._call.close(self._script.ending)
                self._response.drop() if self._script.ending == "drop" else self._response.reset()
                return
            case "done":
                await self._send(self._dialect.closing(self._call, self._script))
            case "garbage":
                await self._send(b"data: {this is not JSON\n\n")
            case "error":
                await self._send(self._dialect.error_event(self._script.error_code))
        self._call.close(self._script.ending)
        self._response.finish()

    async def _hang(self) -> None:
        pause = self._script.keepalive_s
        while True:
            await asyncio.sleep(pause or 3600)
            if pause:
                await self._send(self._dialect.keepalive(self._call))

    async def _send(self, data: bytes) -> None:
        await self._response.send(data, packet_bytes=self._script.packet_bytes)
