"""`make stop` and `make reset`."""

import shutil
import signal
import sys
from pathlib import Path

from config import env
from config.local.errors import LocalError
from config.local.home import Home
from config.local.leftovers import end_leftovers
from config.local.occupancy import occupant, occupied
from config.local.processes import end
from config.local.terminal import Terminal

STATE = (
    "postgres",
    "valkey",
    "secrets.json",
    "started-once",
    "logs",
    "run",
    "supervisor.json",
    "supervisor.lock",
    "environment",
)
GRACE_SECONDS = 60.0  # the supervisor bounds every part of its own ending


def stop(home: Home, terminal: Terminal) -> None:
    """End this home's supervisor, which ends the rest; and whatever a killed one left."""
    holder = occupant(home)
    if holder:
        terminal.say(f"Stopping Lintel at {holder.url} (process {holder.pid})")
        end(holder.process, first=signal.SIGTERM, grace=GRACE_SECONDS)
    left = end_leftovers(home) if home.run.exists() else []
    for process in left:
        terminal.say(f"Stopped {process.name} (process {process.pid})")
    terminal.say("Stopped" if holder or left else "Nothing of this home was running")


def reset(home: Home, terminal: Terminal) -> None:
    """Forget all data. The fetched weights and tools stay, and nothing is touched that no start of ours made."""
    ours = [home.root / name for name in STATE if (home.root / name).exists()]
    if not ours:
        terminal.say(f"There is no state in {home.root}")
        return
    if not env.flag("YES", default=False):
        _confirm(home)
    stop(home, terminal)
    with occupied(home, ""):
        for place in ours:
            _remove(place)
    terminal.say(f"Forgotten: {', '.join(place.name for place in ours)} in {home.root}")


def _confirm(home: Home) -> None:
    if not sys.stdin.isatty():
        raise LocalError("make reset deletes all data; say YES=1 where nobody can be asked.")
    if input(f"Delete the database and all other state in {home.root}? [y/N] ").strip().lower() not in ("y", "yes"):
        raise LocalError("Nothing was deleted.")


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
