"""Processes that a killed supervisor left behind."""

import signal

from config.local.home import Home
from config.local.processes import ProcessIdentity, end, forget, recorded

GRACE_SECONDS = 5.0


def leftovers(home: Home) -> list[ProcessIdentity]:
    return [process for process in recorded(home.run) if process.alive()]


def end_leftovers(home: Home) -> list[ProcessIdentity]:
    """Stop them, those that were started last first; only for whoever holds the home."""
    found = sorted(leftovers(home), key=lambda process: process.pid, reverse=True)
    for process in found:
        first = signal.SIGINT if process.name == "postgres" else signal.SIGTERM
        end(process, first=first, grace=GRACE_SECONDS)
    for process in recorded(home.run):
        forget(home.run, process.name)
    return found
