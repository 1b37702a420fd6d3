"""One call of one model: its text, and how it ended."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from functools import partial

from ai.errors import ProviderError, StreamCut
from ai.extract import Extracted, Unfit, extract
from ai.faults import beset
from ai.patience import DeadlinePassed, Patience, Pulled
from ai.providers import client_for
from ai.sanitise import Sanitiser
from ai.tokens import answer_bytes, estimate, estimate_messages
from ai.types import JSON, Completed, ProviderCall, StopReason, TextDelta, Usage

CLOSE_SECONDS = 1.0

Stream = AsyncGenerator[TextDelta | Completed, None]

# What is neither an end nor a refusal broke off, known to us or not.
STOP_CODES = {StopReason.REFUSAL: "refused"}
BLANK = re.compile("[\\s\u200b-\u200f\u2060\ufeff]*")  # white space, and what has no width

log = logging.getLogger(__name__)


class Call:
    """Run it once, to its end; then ask. ``outcome`` is "done", an error code, or why the job was stopped."""

    def __init__(self, request: ProviderCall, *, schema: JSON | None, patience: Patience) -> None:
        """``schema`` is what the answer must fit, whether or not the model is told."""
        self.outcome = "internal_error"
        self.stopped = False
        self.error: ProviderError | None = None
        self.completed: Completed | None = None
        self.extracted: Extracted | None = None
        self.unfit = ""
        """What is wrong with an answer of another form, in words for its model."""
        self.first_text_s: float | None = None
        """From the question to the first text that could be shown."""
        self.request = request
        self._schema = schema
        self._patience = patience
        self._texts: list[str] = []
        self._room = answer_bytes(request.max_tokens)
        self._begun = False
        self._since = time.monotonic()

    @property
    def text(self) -> str:
        return "".join(self._texts)

    async def run(self) -> AsyncGenerator[TextDelta, None]:
        """The answer's text as it comes, storable. Every failure is noted, none is raised."""
        clean = Sanitiser()
        try:
            async with aclosing(self._deltas()) as deltas:
                async for delta in deltas:
                    if text := clean.feed(delta.text):
                        yield self._shown(text)
        except Pulled as pulled:
            self.stopped, self.outcome = True, pulled.reason
        except DeadlinePassed:
            self.outcome = "deadline_exceeded"
        except ProviderError as error:
            self.error, self.outcome = error, error.code
        except Exception:  # a bug of ours or of an adapter: the call still gets its one closing
            log.exception("A call of provider %s failed.", self.request.model.provider.name)
        if rest := clean.flush():
            yield self._shown(rest)
        if self.completed is not None:
            self.outcome = await self._judged(self.completed.stop_reason)

    async def _deltas(self) -> AsyncGenerator[TextDelta, None]:
        model = self.request.model
        stream = beset(client_for(model.provider).stream(self.request), model=model.name)
        try:
            while (delta := await self._next_text(stream)) is not None:
                self._room -= len(delta.text.encode("utf-8", "surrogatepass"))
                if self._room < 0:  # budgets hold no more than the limit for it
                    self.completed = Completed(stop_reason=StopReason.MAX_TOKENS, usage=self._estimated(delta.text))
                    return
                yield delta
        finally:
            await _close(stream)

    async def _next_text(self, stream: Stream) -> TextDelta | None:
        """None once the provider's terminal event was seen. Events without text do not extend the limit."""
        until = asyncio.get_running_loop().time() + self._idle_seconds()
        while True:
            try:
                event = await self._patience.wait(partial(self._begin, stream), until=until)
            except StopAsyncIteration:
                raise StreamCut("the adapter's stream ended without a terminal event") from None
            if isinstance(event, Completed):
                self.completed = event
                return None
            if event.text:
                return event

    def _begin(self, stream: Stream) -> Awaitable[TextDelta | Completed]:
        self._begun = True
        return anext(stream)

    def _idle_seconds(self) -> float:
        first = self.request.model.first_text_s
        return first if first is not None and not self._texts else self.request.content_idle_s

    def _shown(self, text: str) -> TextDelta:
        if self.first_text_s is None:
            self.first_text_s = time.monotonic() - self._since
        self._texts.append(text)
        return TextDelta(text=text)

    async def _judged(self, stop: StopReason) -> str:
        if stop is not StopReason.END:
            return STOP_CODES.get(stop, "incomplete")
        if BLANK.fullmatch(self.text):
            return "empty"
        if self._schema is None:
            return "done"
        try:
            # In a thread: a large answer takes a second to check, and a loop carries hundreds of streams.
            self.extracted = await asyncio.to_thread(extract, self.text, self._schema)
        except Unfit as unfit:
            self.unfit = str(unfit)
            return "output_invalid"
        except Exception:  # what the call used is known, whatever is wrong with the schema or with us
            log.exception("An answer of %s could not be checked.", self.request.model.name)
            return "internal_error"
        return "done"

    def usage(self) -> Usage:
        """The provider's figures, else our estimate; nothing where it certainly did nothing."""
        if self.completed is not None and self.completed.usage is not None:
            return self.completed.usage
        unserved = not self._begun or (self.error is not None and not self.error.served)
        if unserved and not self._texts:
            return Usage()
        return self._estimated()

    def _estimated(self, more: str = "") -> Usage:
        """By the text that came, and ``more`` that nobody was shown."""
        model = self.request.model
        return Usage(
            input_tokens=estimate_messages(self.request.messages, model),
            output_tokens=estimate(self.text + more, model),
            estimated=True,
        )


async def _close(stream: Stream) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await stream.aclose()
    except Exception:
        log.warning("A provider's stream did not close cleanly.", exc_info=True)
