"""How much a file may cost whoever reads it. The parent makes them of the settings; the child keeps them."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict, dataclass

OPEN_FILES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``ratio``: unpacked bytes for each byte of an archive. ``memory`` in bytes, ``seconds`` of the processor."""

    pages: int
    characters: int
    ratio: int
    memory: int
    seconds: int

    def as_argument(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_argument(cls, text: str) -> Limits:
        return cls(**json.loads(text))

    @property
    def clock_seconds(self) -> int:
        """A machine with much to do gives a process a part of its time."""
        return 3 * self.seconds

    def hold_this_process(self) -> None:
        """From here on: no more memory or time than this, no file written, no other process begun."""
        _at_most(resource.RLIMIT_CPU, self.seconds)
        _at_most(resource.RLIMIT_FSIZE, 0)
        _at_most(resource.RLIMIT_CORE, 0)
        _at_most(resource.RLIMIT_NOFILE, OPEN_FILES)
        _at_most(resource.RLIMIT_NPROC, 0)
        if sys.platform != "darwin":  # which has the limit, and does not keep it
            _at_most(resource.RLIMIT_AS, self.memory)


def _at_most(which: int, value: int) -> None:
    _soft, hard = resource.getrlimit(which)
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (bound, bound))
