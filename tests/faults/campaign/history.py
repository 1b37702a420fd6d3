"""What clients did and were told, in the order of time. Written by many threads."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.oracles.facts import Answer, Named, Reading
from tests.faults.oracles.privacy import Glimpse, Trespass


@dataclass(slots=True, kw_only=True)
class Operation:
    """One question to the product: ``ok``, ``fail`` (told no), or ``unknown``: the answer was lost."""

    client: str
    what: str
    about: str
    invoked: float = field(default_factory=time.monotonic)
    ended: float | None = None
    outcome: str = "unknown"
    detail: str = ""


class History:
    """Lists are appended to and never changed, so that threads need no more than this."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.named: list[Named] = []
        self.answers: list[Answer] = []
        self.readings: list[Reading] = []
        self.glimpses: list[Glimpse] = []
        self.trespasses: list[Trespass] = []
        self.wrong: list[str] = []
        self.owners: dict[str, str] = {}
        self._cuts = 0
        self._lock = threading.Lock()

    @contextmanager
    def operation(self, client: str, what: str, about: str) -> Iterator[Operation]:
        """Whatever leaves the block without saying otherwise stays unknown."""
        operation = Operation(client=client, what=what, about=about)
        self.operations.append(operation)
        try:
            yield operation
        finally:
            operation.ended = time.monotonic()

    def own(self, user: str, *marks: str) -> None:
        """These belong to the user: who else is shown one of them is shown too much."""
        with self._lock:
            self.owners.update(dict.fromkeys(marks, user))

    def glimpse(self, user: str, where: str, marks: Collection[str]) -> None:
        self.glimpses.append(Glimpse(user=user, where=where, marks=marks))

    def cut(self) -> None:
        with self._lock:
            self._cuts += 1

    @property
    def cuts(self) -> int:
        return self._cuts

    def tally(self) -> Counter[str]:
        return Counter(f"{operation.what} {operation.outcome}" for operation in self.operations)
