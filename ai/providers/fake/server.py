"""The fake provider itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Self

from ai.providers.fake.answers import answer
from ai.providers.fake.anthropic_dialect import AnthropicDialect
from ai.providers.fake.dialects import Dialect, input_texts
from ai.providers.fake.embeddings import PATH as EMBEDDINGS
from ai.providers.fake.embeddings import EmbeddingDialect
from ai.providers.fake.ledger import Ledger
from ai.providers.fake.openai_dialect import OpenAIDialect
from ai.providers.fake.play import Play
from ai.providers.fake.scripts import HEADER, Scripts
from ai.providers.fake.wire import Connection, Request, Response

BY_PATH: Mapping[str, Dialect] = {
    "/v1/chat/completions": OpenAIDialect(),
    "/v1/messages": AnthropicDialect(),
}


class FakeProvider:
    """Listens on loopback while the context is open. ``scripts`` and ``ledger`` are there for tests in the process;

    other processes use ``POST /control/scripts`` (see ``Scripts.load``), ``GET /control/ledger``,
    ``POST /control/away`` (``{"seconds": 2}``) and ``POST /control/reset``.
    """

    def __init__(
        self, *, port: int = 0, scripts: Scripts | None = None, dialects: Mapping[str, Dialect] | None = None
    ) -> None:
        """``dialects`` by path: protocols of your own, beside the two."""
        self.scripts = scripts or Scripts()
        self.ledger = Ledger()
        self._dialects = {**BY_PATH, **(dialects or {})}
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
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """New connections are refused meanwhile; open ones stay."""
        self._server.close()
        yield
        await self._listen()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._handle, self._tasks), "127.0.0.1", self._port, backlog=1024
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stay_away(self, seconds: float) -> None:
        async with self.away():
            await asyncio.sleep(seconds)

    async def _handle(self, request: Request, response: Response) -> None:
        dialect = self._dialects.get(request.path)
        if dialect is not None and request.method == "POST":
            await self._chat(request, response, dialect)
        elif request.path == EMBEDDINGS and request.method == "POST":
            await self._embed(request, response)
        else:
            self._control(request, response)

    def _control(self, request: Request, response: Response) -> None:
        match request.method, request.path:
            case "GET", "/control/ledger":
                response.json(HTTPStatus.OK, {"calls": [call.as_json() for call in self.ledger.calls]})
                return
            case "POST", "/control/scripts":
                self.scripts.load(request.json())
            case "POST", "/control/away":
                self._keep(asyncio.ensure_future(self._stay_away(request.json()["seconds"])))
            case "POST", "/control/reset":
                self.scripts = Scripts()
                self.ledger = Ledger()
            case _:
                response.json(HTTPStatus.NOT_FOUND, {"error": "the fake provider does not know this path"})
                return
        response.json(HTTPStatus.OK, {})

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _chat(self, request: Request, response: Response, dialect: Dialect) -> None:
        body = request.json()
        texts = input_texts(body)
        reply = answer(json.dumps(texts), dialect.schema(body))
        await self._play(request, response, dialect, texts, reply=reply)

    async def _embed(self, request: Request, response: Response) -> None:
        dialect = EmbeddingDialect(request.json())
        await self._play(request, response, dialect, dialect.texts)

    async def _play(
        self, request: Request, response: Response, dialect: Dialect, texts: Sequence[str], *, reply: str = ""
    ) -> None:
        body = request.json()
        try:
            script = self.scripts.choose(model=body["model"], header=request.headers.get(HEADER), question=texts[-1])
        except (ValueError, TypeError) as error:
            response.json(HTTPStatus.BAD_REQUEST, dialect.error(400, f"bad script: {error}"))
            return
        call = self.ledger.open(
            protocol=dialect.name,
            model=body["model"],
            input_text="".join(texts),
            question=texts[-1],
            script=script.told(),
        )
        play = Play(call=call, script=script, dialect=dialect, response=response, reply=reply)
        await play.run(stream=bool(body.get("stream")))
