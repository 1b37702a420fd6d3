"""A clock for tests whose other side is in the same process: it stands still while there is anything to do.

A limit of some tenths of a second measures how long nothing comes. On a busy machine it would also measure how long the
process had no processor, and pass before the question has left.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class QuietClock(selectors.DefaultSelector):
    """Counts the seconds in which the loop waited for something, and nothing came."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(timeout)
        if not events and timeout:
            self.seconds += timeout
        return events


class QuietClockLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = QuietClock()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.seconds
