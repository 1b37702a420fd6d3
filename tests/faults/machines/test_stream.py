"""A writer, and readers who come, go, miss messages and get them twice: each puts together the text that is (I8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.routing import model
from requests_app import lifecycle
from requests_app.budgets import NOTHING
from requests_app.database import DatabaseThreads
from requests_app.hub import hub
from requests_app.intake import accept
from requests_app.lifecycle import Claim, Ending, Opening
from requests_app.live import LiveChunk, change_message, chunk_message
from requests_app.models import AIRequest, AttemptReason, Status
from requests_app.stream import REREAD_S, SILENCE_S, Position, follow
from requests_app.writer import ChunkWriter
from tests.faults.machines.running import run_machine
from tests.faults.machines.stepped_loop import SteppedLoop
from tests.faults.machines.test_request_life import closed_call
from tests.integration.requests_app.conftest import SMALL, SUMMARY, claim_next, new_lease
from tests.process.client import Reading

texts = st.text("aé🦊\n", min_size=1, max_size=6)
numbers = st.integers(0, 9)
ENOUGH = 15  # code points or chunks before an attempt or a request may end: there should be something to read
database = DatabaseThreads(1, "machine")


class Reader:
    """Follows from a place that some reader has been at."""

    def __init__(self, loop: SteppedLoop, request: AIRequest, place: Reading, places: list[Reading]) -> None:
        self.reading = replace(place, events=[])
        self._request, self._places = request, places
        self.task = loop.create_task(self._follow())
        loop.settle()

    async def _follow(self) -> None:
        after = None if self.reading.position is None else Position.parse(self.reading.position)
        async for event in follow(self._request.pk, after):
            self.reading.take(event)
            self._places.append(replace(self.reading, events=[]))


class Streaming(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = SteppedLoop()
        self.request = accept(User.objects.create_user(str(uuid4())), SUMMARY).request
        self.wire: list[LiveChunk] = []
        self.writer = ChunkWriter(database, self.wire.extend, 0.0)
        self.writing = self.loop.create_task(self.writer.run())
        self.readers: list[Reader] = []
        self.places = [Reading()]
        self.scripts: dict[int, str] = {}
        self.ended = False
        self.attempt = 0
        self._claim()
        self.begin_reader(0)

    @rule(pieces=st.lists(texts, min_size=1, max_size=4), together=st.booleans())
    @precondition(lambda self: not self.ended)
    def write(self, pieces: list[str], together: bool) -> None:
        for piece in pieces:
            self.writer.append(self.stream, piece)
            self.scripts[self.attempt] += piece
            if not together:
                self.loop.settle()
        self.loop.settle()

    @rule(chosen=st.lists(numbers, min_size=1, max_size=4))
    @precondition(lambda self: self.wire)
    def deliver(self, chosen: list[int]) -> None:
        """Any chunks that were published, in any order, any number of times; what is never picked is lost."""
        chunks = [self.wire[-1 - number % len(self.wire)] for number in chosen]
        self.loop.call(lambda: hub().deliver(chunk_message(chunks)))

    @rule()
    def tell_of_a_change(self) -> None:
        self.loop.call(lambda: hub().deliver(change_message([self.request.pk])))

    @rule(number=numbers)
    def begin_reader(self, number: int) -> None:
        self.readers.append(Reader(self.loop, self.request, self.places[-1 - number % len(self.places)], self.places))

    @rule(number=numbers)
    @precondition(lambda self: self.readers)
    def cut_reader(self, number: int) -> None:
        reader = self.readers.pop(number % len(self.readers))
        reader.task.cancel()
        self.loop.settle()

    @rule()
    def silence(self) -> None:
        self.loop.pass_time(SILENCE_S)

    @rule()
    @precondition(lambda self: not self.ended and len(self.scripts[self.attempt]) > ENOUGH)
    def next_call(self) -> None:
        """As the runner does where a call has broken off."""
        self.loop.finish(self.writer.withdraw(self.stream))
        number = lifecycle.open_call(
            self.claim.request,
            attempt=self.attempt,
            model=model(SMALL),
            reason=AttemptReason.RETRY,
            most=NOTHING,
            closed=closed_call(self.attempt),
        )
        self._open(number)

    @rule(text=texts)
    @precondition(lambda self: not self.ended and len(self.scripts[self.attempt]) > ENOUGH)
    def another_worker(self, text: str) -> None:
        """Who had it writes on: of that nothing is seen."""
        old = self.stream
        lifecycle.put_back(
            self.claim.request, attempt=self.attempt, after_s=0.0, reason=AttemptReason.TAKEOVER, closed=None
        )
        self._claim()
        self.writer.append(old, text)

    @rule()
    @precondition(lambda self: not self.ended and len(self.wire) > ENOUGH)
    def end(self) -> None:
        self.loop.finish(self.writer.withdraw(self.stream))
        ending = Ending(status=Status.DONE, text=self.scripts[self.attempt])
        lifecycle.finish(self.claim.request, attempt=self.attempt, ending=ending, closed=closed_call(self.attempt))
        self.ended = True

    @invariant()
    def readers_have_beginnings(self) -> None:
        for reader in self.readers:
            position = reader.reading.position
            script = self.scripts.get(Position.parse(position).attempt, "") if position else ""
            assert script.startswith(reader.reading.text)
            assert not reader.task.done() or (reader.task.exception() is None and reader.reading.ended)

    def teardown(self) -> None:
        try:
            if not self.ended:
                self.end()
            self.loop.pass_time(REREAD_S)
            for reader in self.readers:
                assert (reader.reading.status, reader.reading.text) == ("done", self.scripts[self.attempt])
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.settle()
            self.loop.close()

    def _claim(self) -> None:
        found = claim_next(new_lease().pk)
        assert found is not None
        assert found.request.pk == self.request.pk
        self.claim: Claim = found
        opening = Opening(
            request_id=found.request.pk,
            fence=found.attempt,
            number=found.attempt,
            reason=AttemptReason.FIRST,
            model=model(SMALL),
        )
        assert lifecycle.open_calls([opening]) == [True]
        self._open(found.attempt)

    def _open(self, attempt: int) -> None:
        nothing: Callable[[], None] = lambda: None  # noqa: E731 - a fence that is lost stops nobody here
        self.attempt, self.scripts[attempt] = attempt, ""
        self.stream = self.writer.open(self.request.pk, attempt, on_lost=nothing)


@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("committed")
def test_stream(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = "http://127.0.0.1:9/v1"
    settings.LINTEL_DAILY_TOKENS = None
    settings.LINTEL_MAX_TAKEOVERS = 1000
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.setattr("requests_app.stream.LONGEST_CHUNK", 4)
    monkeypatch.setattr("requests_app.hub.MAILBOX_CHARACTERS", 12)
    run_machine(Streaming, examples=60, steps=50)
