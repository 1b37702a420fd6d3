"""What a look at one part of the product finds: its state, since when, and what to type where something is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection, transaction

# idle: nothing wrong is known, nor anything right; looking: the look is not over.
State = Literal["ok", "idle", "warn", "bad", "looking"]
WORST_FIRST: tuple[State, ...] = ("looking", "bad", "warn", "ok", "idle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    label: str
    value: str | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several of a kind: a worker, a provider. ``reset``: a person may put it right by a click."""

    name: str
    state: State
    facts: tuple[Fact, ...] = ()
    reset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """``since`` is when it came up, or was last seen where it is down; None where that is unknown."""

    state: State
    says: str
    since: datetime | None = None
    facts: tuple[Fact, ...] = ()
    parts: tuple[Part, ...] = ()
    remedy: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.state != "bad"


def worst(states: Iterable[State]) -> State:
    return min(states, key=WORST_FIRST.index)


@contextmanager
def brief_statements(seconds: float) -> Iterator[None]:
    """Within this no statement takes longer: the server ends it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds * 1000:.0f}ms"])
        yield
