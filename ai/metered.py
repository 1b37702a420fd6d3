"""One job outside of requests, from its first call to its last, every call held for before and settled after.

The model's events come from a loop of their own that turns only while the next one is awaited; what is stored is stored
between them, on the caller's thread and connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from ai.engine import CallClosed, CallStarting, Event, Job, drive
from ai.interrupts import told_of_interrupts
from ai.meter import Account, Cover, meter
from ai.providers import close_clients
from ai.tracking import LLMUsageLog, log_usage
from ai.traffic import SharedTraffic
from ai.types import JSON, ModelSpec, Usage

CANCELLED = "cancelled"

Events = AsyncGenerator[Event, None]


@dataclass(kw_only=True)
class Metered:
    """``bill`` has a record for each call; ``model`` is the one asked last."""

    job: Job
    account: Account
    action: str
    object_id: str = ""
    metadata: JSON = field(default_factory=dict)
    model: ModelSpec | None = None
    bill: list[LLMUsageLog] = field(default_factory=list)
    _reason: str = "first"
    _open: bool = False
    _interrupted: bool = False
    _loop: asyncio.AbstractEventLoop | None = None
    _coming: asyncio.Task[Event | None] | None = None

    def run(self) -> Iterator[Event]:
        """Text, and how it ended. Whoever stops listening stops the call, which is paid for as far as it came."""
        loop = self._loop = asyncio.new_event_loop()
        traffic = SharedTraffic(settings.CACHE_URL or "")
        events = drive(replace(self.job, traffic=traffic))
        try:
            while (event := self._turn(loop, events)) is not None:
                if self._booked(event):
                    continue
                if self._interrupted:
                    raise KeyboardInterrupt
                yield event
        finally:
            self._stop(loop, events, traffic)

    def _turn(self, loop: asyncio.AbstractEventLoop, events: Events) -> Event | None:
        """The next event; one that an interrupt kept from coming is still awaited."""
        self._coming = self._coming or loop.create_task(_next(events))
        with told_of_interrupts(self._interrupt):
            event = loop.run_until_complete(self._coming)
        self._coming = None
        return event

    def _interrupt(self) -> None:
        self._interrupted = True
        self.cancel()

    def cancel(self) -> None:
        """From any thread."""
        with suppress(RuntimeError):  # its loop has just ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.job.stop.pull, CANCELLED)

    def _booked(self, event: Event) -> bool:
        match event:
            case CallStarting():
                self._begin(event)
            case CallClosed():
                self._close(event)
            case _:
                return False
        return True

    def _stop(self, loop: asyncio.AbstractEventLoop, events: Events, traffic: SharedTraffic) -> None:
        """Hear a call that is under way out to its closing, give back what is held, and let go of connections."""
        loop.call_soon(self.job.stop.pull, CANCELLED)
        try:
            while self._open or self._coming:
                event = self._turn(loop, events)
                if event is None or isinstance(event, CallStarting):  # no further call begins
                    break
                self._booked(event)
        finally:
            loop.run_until_complete(events.aclose())
            loop.run_until_complete(traffic.close())
            loop.run_until_complete(close_clients())
            loop.close()
            if self.model is not None:
                meter().close(self.account)

    def _begin(self, call: CallStarting) -> None:
        cover = Cover(model=call.model, input_tokens=call.input_tokens, output_tokens=call.output_tokens)
        (meter().hold if self.model is None else meter().top_up)(self.account, cover)
        self.model, self._reason, self._open = call.model, call.reason, True

    def _close(self, call: CallClosed) -> None:
        self._open = False
        with transaction.atomic():
            row = log_usage(
                usage=call.usage,
                reason=self._reason,
                outcome=call.outcome,
                reference=self.account.reference,
                attempt=len(self.bill) + 1,
                subject=self.account.subject,
                scope=self.account.scope,
                object_id=self.object_id,
                metadata=self.metadata,
                prompt_key=self.action,
                prompt_version="",
                provider=call.model.provider.name,
                model=call.model.name,
                cost_usd=call.cost_usd,
                price=call.price,
            )
            if row is not None:
                meter().settle(self.account, row)
                self.bill.append(row)

    @property
    def usage(self) -> Usage:
        """Of all calls together."""
        return usage_of(self.bill)

    @property
    def cost(self) -> Decimal | None:
        """None where any call's is unknown."""
        return cost_of_all(self.bill)


def usage_of(bill: Sequence[LLMUsageLog]) -> Usage:
    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    sums = {name: sum(getattr(row, name) for row in bill) for name in names}
    return Usage(**sums, estimated=any(row.estimated for row in bill))


def cost_of_all(bill: Sequence[LLMUsageLog]) -> Decimal | None:
    """None where any call's is unknown."""
    costs = [row.cost_usd for row in bill]
    return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))


async def _next(events: Events) -> Event | None:
    return await anext(events, None)
