"""One supervisor a home: a lock that ends with its holder, and a note of who holds it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config.local.errors import AlreadyRunning
from config.local.home import Home, write_private
from config.local.processes import ProcessIdentity, start_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupant:
    """The supervisor that holds a home, and the address of its pages."""

    pid: int
    started: str
    url: str

    @property
    def process(self) -> ProcessIdentity:
        return ProcessIdentity(name="supervisor", pid=self.pid, started=self.started)


def occupant(home: Home) -> Occupant | None:
    """Who runs here now; None when the note is of one that is gone."""
    try:
        found = Occupant(**json.loads((home.root / "supervisor.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.process.alive() else None


@contextmanager
def occupied(home: Home, url: str) -> Iterator[None]:
    """Hold the home while inside. The lock is the system's: it is free the moment its holder dies."""
    with (home.root / "supervisor.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_already(home)) from None
        note(home, url)
        try:
            yield
        finally:
            (home.root / "supervisor.json").unlink(missing_ok=True)


def note(home: Home, url: str) -> None:
    mine = {"pid": os.getpid(), "started": start_time(os.getpid()), "url": url}
    write_private(home.root / "supervisor.json", json.dumps(mine))


def _already(home: Home) -> str:
    holder = occupant(home)
    where = f" at {holder.url} (process {holder.pid})" if holder else ""
    return f"Lintel is already up{where}; make stop ends it, LINTEL_HOME starts another one elsewhere."
