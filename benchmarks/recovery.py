"""How long a reader waits after kill -9 of the worker: from the signal to the next chunk, with default settings.

Five streams in five workers with one slot each; all five are killed, moments apart, and five others take over.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from dataclasses import dataclass, field

from benchmarks.bed import Bed, bed, median
from benchmarks.report import Figure, Report
from config.local.child import Child
from tests.process.client import Reading, events, submit
from tests.process.stack import Person, directive, wait_for

KILLS, AT_ONCE, WITHIN_S = 50, 5, 5.0
TEXT = "An answer that is long enough to be torn. " * 5
SCRIPT = directive(text=TEXT, chunk_chars=4, chunk_delay_s=0.2)


@dataclass(eq=False)
class Watched:
    """A stream and its reader. ``next_chunk`` is when the first text of the second attempt came."""

    stack: Bed
    person: Person
    request_id: str
    reading: Reading = field(default_factory=Reading)
    killed: float = 0.0
    next_chunk: float = 0.0

    def follow(self) -> None:
        again = False
        for event in events(self.stack, self.person, self.request_id, seconds=120):
            self.reading.take(event)
            again = again or event["type"] == "reset"
            if again and event["type"] == "chunk" and not self.next_chunk:
                self.next_chunk = time.monotonic()

    @property
    def wrong(self) -> str:
        if (self.reading.status, self.reading.text) == ("done", TEXT) and self.next_chunk:
            return ""
        return f"{self.request_id} is {self.reading.status} with {len(self.reading.text)} of {len(TEXT)} characters"


def holder(stack: Bed, watched: Watched) -> int:
    rows = stack.sql(
        "SELECT pid FROM requests_app_workerlease AS lease JOIN requests_app_airequest AS request"
        " ON request.lease_id = lease.id WHERE request.id = %s",
        watched.request_id,
    )
    return int(rows[0][0]) if rows else 0


def round_of(stack: Bed, workers: dict[int, Child], count: int) -> list[Watched]:
    """Begin streams, kill what runs them, and read all to their ends."""
    person = stack.person()
    watched = [Watched(stack, person, submit(stack, person, SCRIPT)) for _each in range(count)]
    readers = [threading.Thread(target=one.follow) for one in watched]
    for reader in readers:
        reader.start()
    for one in watched:
        wait_for(lambda one=one: len(one.reading.text) >= 12, what="text")  # type: ignore[misc]
    for one in watched:
        time.sleep(random.uniform(0, WITHIN_S / count))
        victim = workers.pop(holder(stack, one))
        one.killed = time.monotonic()
        victim.tell_all(signal.SIGKILL)
        victim.bury()
    for reader in readers:
        reader.join()
    return watched


def fill_up(stack: Bed, workers: dict[int, Child], count: int) -> None:
    while len(workers) < count:
        child = stack.start_worker(streams=1)
        workers[child.pid] = child


def measure(*, quick: bool) -> Report:
    kills, at_once = (2, 2) if quick else (KILLS, AT_ONCE)
    found: list[Watched] = []
    workers: dict[int, Child] = {}
    with bed() as stack:
        while len(found) < kills:
            fill_up(stack, workers, 2 * at_once)
            found += round_of(stack, workers, at_once)
    waits = [one.next_chunk - one.killed for one in found]
    row: dict[str, Figure] = {
        "kills": len(waits),
        "least, s": min(waits),
        "p50, s": median(waits),
        "most, s": max(waits),
    }
    return Report(
        how=f"{at_once} of {2 * at_once} workers at once; a lease is 10 s, a sweep comes every 5 s",
        rows=[row],
        wrong=[one.wrong for one in found if one.wrong],
    )
