"""Runs requests on the worker's event loop: claim the next, drive ai.engine, write its text, finish.

Several hundred run at once on one loop; database steps are hops to a few threads, and none is held while a model is
being waited for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils.translation import gettext as _

from ai.engine import Answered, CallClosed, CallStarting, Event, Failed, Job, PutBack, Stop, Stopped, drive, failed
from ai.errors import NotEmbedded
from ai.patience import DeadlinePassed, Pulled
from ai.prompts.registry import render_prompt, stored_prompt
from ai.providers import load_adapters
from ai.rag.asking import Asking, Vectored, ask
from ai.rag.context import Block
from ai.routing import catalogue_at, model
from ai.tracing import CONSUMER, note_status, span
from ai.traffic import Traffic
from ai.types import TextDelta
from requests_app import finding, lifecycle, reuse, sources
from requests_app.context import carry
from requests_app.database import DatabaseThreads, Together
from requests_app.errors import BudgetExceeded
from requests_app.finding import Listed, Search, ToEmbed
from requests_app.ledger import most_of
from requests_app.lifecycle import Claim, ClosedCall, Ending, FenceLost, Opening
from requests_app.live import LivePublisher
from requests_app.models import AIRequest, AttemptReason, Status
from requests_app.reuse import Earlier, TwinAsks
from requests_app.searching import Searches, without_search
from requests_app.sources import NothingFound
from requests_app.writer import ChunkWriter, Stream

logger = logging.getLogger(__name__)

Terminal = Answered | Failed | PutBack | Stopped | Earlier | TwinAsks | NothingFound | Listed

CANCELLED, LOST, HANDED_OVER = "cancelled", "lost", "handed_over"
OVERDUE_S = 30.0
STEP_PAUSE_S = 0.5

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Run:
    """One claimed request while this process drives it. ``attempt`` is the fence it works under."""

    claim: Claim
    stop: Stop = field(default_factory=Stop)
    attempt: int = 0
    reason: AttemptReason = AttemptReason.FIRST
    closed: ClosedCall | None = None
    stream: Stream | None = None
    text: list[str] = field(default_factory=list)
    overdue_at: float = 0.0

    def __post_init__(self) -> None:
        self.attempt = self.claim.attempt
        self.overdue_at = time.monotonic() + self.claim.seconds_left + OVERDUE_S

    @property
    def request(self) -> AIRequest:
        return self.claim.request

    @property
    def seconds_left(self) -> float:
        """To its deadline, from now."""
        return self.overdue_at - OVERDUE_S - time.monotonic()


class Runner:
    """The requests that this process runs, at most ``capacity`` at once."""

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        database: DatabaseThreads,
        writer: ChunkWriter,
        live: LivePublisher,
        traffic: Traffic,
        searches: Searches,
        capacity: int,
    ) -> None:
        self._loop = loop
        self._database = database
        self._claims = Together(database, lifecycle.claim)
        self._openings = Together(database, lifecycle.open_calls)
        self._writer = writer
        self._live = live
        self._traffic = traffic
        self._searches = searches
        self._slots = asyncio.Semaphore(capacity)
        self.capacity = capacity
        self.closing = False
        self.lease_id: UUID | None = None
        self.running: dict[UUID, Run] = {}

    def pull(self, run: Run, reason: str) -> None:
        """Stop a run, from any thread."""
        self._loop.call_soon_threadsafe(run.stop.pull, reason)

    def echo(self, answer: Callable[[], object]) -> None:
        """Call it on the loop, from any thread: a loop that is stuck does not."""
        self._loop.call_soon_threadsafe(answer)

    def aside(self, work: Callable[[], object]) -> None:
        """Do it on a database thread, from any thread, without waiting."""
        self._database.submit(work)

    async def run_next(self) -> bool:
        """Claim the next waiting request and run it to its end; False where nothing waits."""
        async with self._slots:
            if self.closing or self.lease_id is None:
                return False
            claim = await self._claims.ask(self.lease_id)
            if claim is None:
                return False
            await self._run(Run(claim=claim))
            return True

    async def _run(self, run: Run) -> None:
        request = run.request
        self.running[request.pk] = run
        carry(request=str(request.pk), http_request_id=request.http_request_id, attempt=run.attempt)
        facts = {"lintel.request": str(request.pk), "lintel.prompt": request.prompt_key, "lintel.lane": request.lane}
        try:
            with span(f"run {request.prompt_key}", CONSUMER, facts, parent=request.traceparent):
                await self._end(run, await self._drive(run))
        except FenceLost:
            logger.info("request %s: attempt %s was taken from this worker", run.request.pk, run.attempt)
        finally:
            await self._withdraw(run)
            if self.running.get(run.request.pk) is run:  # a later claim of the same request may stand here
                del self.running[run.request.pk]
            self._live.changed(run.request.pk)

    async def _drive(self, run: Run) -> Terminal:
        """Follow the request to its last event. An error of ours ends the request, not the worker."""
        try:
            return await self._spared(run) or await self._asked(run)
        except FenceLost:
            raise
        except Pulled as pulled:
            return Stopped(reason=pulled.reason)
        except DeadlinePassed:
            return failed("deadline_exceeded")
        except NotEmbedded as problem:
            return without_search(problem, seconds_left=run.seconds_left)
        except BudgetExceeded as full:
            return Failed(code=full.code, message=str(_("The budget has no room for a further call.")))
        except Exception:
            logger.exception("request %s failed inside the worker", run.request.pk)
        return failed("internal_error")

    async def _spared(self, run: Run) -> Terminal | None:
        """What makes a call needless, where the prompt lets answers serve again."""
        if not run.request.fingerprint:
            return None
        return await self._step(run, reuse.find, run.request, attempt=run.attempt)

    async def _asked(self, run: Run) -> Terminal:
        match await self._job(run):
            case None:
                return NothingFound()
            case Search() as search:
                return await self._found(run, search)
            case job:
                return await self._answered(run, job)

    async def _answered(self, run: Run, job: Job) -> Terminal:
        async with aclosing(drive(job)) as events:
            async for event in events:
                if (ending := await self._heard(run, event)) is not None:
                    return ending
        return failed("internal_error")  # an engine always ends with an event

    async def _heard(self, run: Run, event: Event) -> Terminal | None:
        """Do a runner's part of a call; what is none of that is how it ended."""
        match event:
            case CallStarting():
                await self._open_call(run, event)
            case TextDelta(text=text):
                self._append(run, text)
            case CallClosed():
                run.closed = closed_call(run, event)
            case Failed(code="provider_unavailable") if run.request.fingerprint:
                return await self._step(run, reuse.last_good, run.request) or event
            case _:
                return event
        return None

    async def _found(self, run: Run, search: Search) -> Terminal:
        """The answer of a search, whose one call is that of its vector."""
        begun = await self._searching(run, partial(finding.begin, search))
        if begun is None:
            return Listed()
        vector = begun.vector
        if begun.to_embed is not None:
            async with aclosing(ask(self._asking(run, begun.to_embed))) as events:
                async for event in events:
                    if isinstance(event, Vectored):
                        vector = event.vector
                    elif (ending := await self._heard(run, event)) is not None:
                        return ending
        return await self._searching(run, partial(finding.find, run.request, search, begun, vector))

    def _asking(self, run: Run, found: ToEmbed) -> Asking:
        return Asking(
            text=found.text,
            tokens=found.tokens,
            model=found.model,
            embedder=found.embedder,
            deadline_s=run.seconds_left,
            calls_left=settings.LINTEL_MAX_CALLS - run.claim.calls_made,
            stop=run.stop,
            traffic=self._traffic,
        )

    async def _searching(self, run: Run, work: Callable[[], T]) -> T:
        """On a thread of its own, for it may take its time."""
        step = partial(self._searches.run, work, stop=run.stop)
        return await self._outlast(run, lambda: step(seconds_left=run.seconds_left))

    async def _job(self, run: Run) -> Job | Search | None:
        """None where the prompt answers from documents, and they hold nothing for it."""
        job = await self._step(run, job_for, run, self._traffic)
        if job is None:
            found = await self._outlast(run, partial(self._search, run))
            if await self._step(run, sources.keep, run.request, found, attempt=run.attempt):
                job = await self._step(run, job_for, run, self._traffic)
        return job

    async def _search(self, run: Run) -> tuple[Block, ...]:
        return await self._searches.find(run.request, seconds_left=run.seconds_left, stop=run.stop)

    async def _open_call(self, run: Run, event: CallStarting) -> None:
        await self._withdraw(run)
        run.reason = AttemptReason(run.request.attempt_reason if event.reason == "first" else event.reason)
        # What was held at acceptance covers the request's first call and no other.
        first = run.closed is None and run.claim.calls_made == 0
        run.attempt = await (self._first_call(run, event) if first else self._next_call(run, event))
        carry(attempt=run.attempt)
        run.closed = None
        run.text.clear()
        run.stream = self._writer.open(
            run.request.pk, run.attempt, on_lost=partial(run.stop.pull, LOST), shown=not run.request.gated
        )
        self._live.changed(run.request.pk)

    async def _first_call(self, run: Run, event: CallStarting) -> int:
        opening = Opening(
            request_id=run.request.pk,
            fence=run.attempt,
            number=run.attempt,
            reason=run.reason,
            model=event.model,
            passed=event.passed,
        )
        if not await self._outlast(run, partial(self._openings.ask, opening)):
            raise FenceLost
        return run.attempt

    async def _next_call(self, run: Run, event: CallStarting) -> int:
        return await self._step(
            run,
            lifecycle.open_call,
            run.request,
            attempt=run.attempt,
            model=event.model,
            reason=run.reason,
            most=most_of([event.model], input_tokens=event.input_tokens, output_tokens=event.output_tokens),
            closed=run.closed,
            passed=event.passed,
        )

    def _append(self, run: Run, text: str) -> None:
        run.text.append(text)
        if run.stream is not None:
            self._writer.append(run.stream, text)

    async def _withdraw(self, run: Run) -> None:
        if run.stream is not None:
            stream, run.stream = run.stream, None
            await self._writer.withdraw(stream)

    async def _end(self, run: Run, event: Terminal) -> None:
        await self._withdraw(run)
        try:
            await self._settle(run, event)
        except DatabaseError as problem:
            if isinstance(problem, OperationalError):
                raise
            # What the database refuses to store it would refuse again, after a further call each time. Its own words
            # may hold the answer, so they are not logged.
            logger.error("request %s cannot be stored (%s)", run.request.pk, type(problem).__name__)  # noqa: TRY400
            run.closed = None
            await self._finish(run, ending_of(failed("internal_error"), "".join(run.text)))

    async def _settle(self, run: Run, event: Terminal) -> None:
        match event:
            case PutBack(after_s=after_s):
                await self._put_back(run, after_s, AttemptReason.RESUMED)
            case TwinAsks():
                await self._put_back(run, reuse.TWIN_S, AttemptReason.TWIN)
            case Stopped(reason=reason) if reason == HANDED_OVER:
                await self._put_back(run, 0.0, AttemptReason.TAKEOVER)
            case Stopped(reason=reason) if reason == LOST:
                await self._step(run, lifecycle.record_late, run.request, run.closed)
            case _:
                await self._finish(run, ending_of(event, "".join(run.text)))

    async def _put_back(self, run: Run, after_s: float, reason: AttemptReason) -> None:
        try:
            await self._step(
                run,
                lifecycle.put_back,
                run.request,
                attempt=run.attempt,
                after_s=after_s,
                reason=reason,
                closed=run.closed,
            )
        except FenceLost:  # a cancel may have come first; if the row was taken instead, finishing fails the same way
            await self._finish(run, ending_of(Stopped(reason=CANCELLED), "".join(run.text)))
        else:
            note_status(Status.PENDING.value)
            logger.info("request %s waits again for %.1f s (%s)", run.request.pk, after_s, reason.value)

    async def _finish(self, run: Run, ending: Ending) -> None:
        await self._step(run, lifecycle.finish, run.request, attempt=run.attempt, ending=ending, closed=run.closed)
        note_status(ending.status.value, ending.code)
        code = f" ({ending.code})" if ending.code else ""
        logger.info("request %s %s%s at attempt %s", run.request.pk, ending.status.value, code, run.attempt)

    async def _step(self, run: Run, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._outlast(run, partial(self._database.run, step, *args, **kwargs))

    async def _outlast(self, run: Run, step: Callable[[], Awaitable[T]]) -> T:
        """A database step, which outlives a database that is away for as long as the lease does."""
        while True:
            try:
                return await step()
            except (OperationalError, InterfaceError) as problem:
                if run.stop.reason == LOST:
                    raise
                logger.warning("request %s waits for the database (%s)", run.request.pk, type(problem).__name__)
                await asyncio.sleep(STEP_PAUSE_S)


def job_for(run: Run, traffic: Traffic) -> Job | Search | None:
    """The engine's view of a claimed request: rendered messages, the accepted route, what is left of time and calls.

    None where its prompt wants passages, and none are kept with it. A search is no work for the engine.
    """
    request = run.request
    if (search := finding.searched(request)) is not None:
        return search
    template, catalogue = stored_prompt(request.template_id), catalogue_at(request.catalogue)
    passages = sources.shown(request) if sources.retrieves(request) else {}
    if sources.retrieves(request) and not passages:
        return None
    route = tuple(model(name, catalogue) for name in request.route)
    load_adapters(spec.provider for spec in route)  # here, for it would hold up every stream of the loop
    return Job(
        reference=request.pk,
        messages=render_prompt(template, request.payload, passages),
        max_tokens=template.max_tokens,
        temperature=template.temperature,
        schema=template.output_schema,
        route=route,
        cut=template.cut,
        deadline_s=run.seconds_left,
        calls_left=settings.LINTEL_MAX_CALLS - run.claim.calls_made,
        stop=run.stop,
        traffic=traffic,
        reasked=run.claim.reasked,
    )


def closed_call(run: Run, event: CallClosed) -> ClosedCall:
    return ClosedCall(
        attempt=run.attempt,
        provider=event.model.provider.name,
        model=event.model.name,
        reason=run.reason,
        outcome=event.outcome,
        usage=event.usage,
        cost_usd=event.cost_usd,
        price=event.price,
    )


def ending_of(event: Terminal, text: str) -> Ending:
    """What an engine's last event means for the request."""
    match event:
        case Earlier(text=answer, output=value, repaired=repaired):
            return Ending(status=Status.DONE, text=answer, output=value, repaired=repaired, earlier=event)
        case Answered(text=answer, value=value, repaired=repaired):
            return Ending(status=Status.DONE, text=answer, output=value, repaired=repaired)
        case NothingFound():
            return Ending(status=Status.DONE, text=str(_("The documents do not say this.")))
        case Listed():
            return Ending(status=Status.DONE, text=event.sentence, output=event.output)
        case Failed(code="deadline_exceeded", message=message):
            return Ending(status=Status.EXPIRED, text=text, code="deadline_exceeded", message=message)
        case Failed(code=code, message=message):
            return Ending(status=Status.FAILED, text=text, code=code, message=message)
        case _:
            return Ending(status=Status.CANCELLED, text=text)
