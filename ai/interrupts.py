"""Ctrl-C while an event loop turns. Raised inside a callback it ends a task that others wait for, and they wait on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def told_of_interrupts(tell: Callable[[], object]) -> Iterator[None]:
    """The first SIGINT calls ``tell`` in place of raising KeyboardInterrupt, every further one raises it.

    Where somebody else handles SIGINT, or in another thread than the main one, which no signal reaches, all stays as
    it is. asyncio.Runner does the same for a coroutine that it may cancel.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def first(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        tell()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
