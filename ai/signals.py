"""What the AI core announces, and how announcements are made.

Receivers get ids and small frozen facts, never text: ``receiver(sender, facts, **kwargs)``, the sender being the facts'
class. They are called once, after the commit, in the process that made it, at most once: a process that dies in between
announces nothing. What a receiver raises is logged and harms nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

from ai.types import Usage

call_finished = Signal()
breaker_moved = Signal()

Send = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFinished:
    """A provider call was recorded. ``correction`` marks an exact figure that came after an estimate: differences."""

    reference: UUID
    attempt: int
    subject: UUID
    scope: UUID
    prompt_key: str
    prompt_version: str
    provider: str
    model: str
    reason: str
    outcome: str
    usage: Usage
    cost_usd: Decimal | None
    correction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerMoved:
    """``before``, ``after``: closed, open, probing or resting; ``cause`` is the kind of failure that opened it."""

    provider: str
    model: str
    before: str
    after: str
    cause: str


def _here(send: Send) -> None:
    send()


_courier: ContextVar[Callable[[Send], None]] = ContextVar("courier", default=_here)


def deliver_through(courier: Callable[[Send], None]) -> None:
    """For a thread that may not wait for receivers: hand all that it announces to another."""
    _courier.set(courier)


def announce(signal: Signal, facts: object) -> None:
    """Tell receivers once the current transaction is committed, or at once where there is none."""
    send = partial(signal.send_robust, sender=type(facts), facts=facts)
    courier = _courier.get()
    transaction.on_commit(partial(courier, send), robust=True)
