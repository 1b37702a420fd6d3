"""How many open sockets one web process holds: what they cost while nothing happens, and how soon all hear of an end.

Every socket watches the same waiting request, which is then cancelled: each must get its status and its end, once.
No worker runs. A step that fails ends the climb.
"""

from __future__ import annotations

import asyncio
import resource
import time
from dataclasses import dataclass

from benchmarks.bed import Bed, Process, bed, median, middle, percentile
from benchmarks.http import accepted, post
from benchmarks.readers import PATIENCE_S, Reader, all_open
from benchmarks.report import Figure, Report
from tests.process.stack import Person

STEPS, REPEATS = (250, 500, 1000, 1500, 2000), 3
IDLE_S = 10.0  # twice as long as the longest pause in which a socket's permission and row are looked at
SPARE_FILES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    opened_s: float
    idle_percent: float | None
    memory_mb: float | None
    ends: list[float]
    """Seconds from the cancelling to each socket's end."""
    inexact: int


async def run(stack: Bed, person: Person, count: int, *, idle_s: float) -> Run:
    body = {"prompt_key": "document_summary", "payload": {"document": "Wait."}, "deadline_s": 3600}
    request_id = await accepted(stack.port, post("/api/v1/requests", person.token, body))
    readers = [Reader(request_id) for _each in range(count)]
    began = time.perf_counter()
    tasks = await all_open(stack, person, readers)
    opened_s, shares = time.perf_counter() - began, stack.shares()
    await asyncio.sleep(idle_s)
    percent, memory_mb = shares.percent()["web"], Process(pid=stack.web.pid).pss_mb
    cancelled = time.time()
    await cancel(stack, person, request_id)
    await asyncio.wait(tasks, timeout=PATIENCE_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    ends = [reader.messages[-1][0] - cancelled for reader in readers if told(reader)]
    return Run(opened_s=opened_s, idle_percent=percent, memory_mb=memory_mb, ends=ends, inexact=count - len(ends))


async def cancel(stack: Bed, person: Person, request_id: str) -> None:
    with stack.client(person) as http:
        answer = await asyncio.to_thread(http.post, f"/api/v1/requests/{request_id}/cancel")
    answer.raise_for_status()


def told(reader: Reader) -> bool:
    return [(event["type"], event["status"]) for _at, event in reader.events] == [
        ("status", "pending"),
        ("end", "cancelled"),
    ]


def measure(*, quick: bool) -> Report:
    steps, repeats, idle_s = ([20], 1, 1.0) if quick else (within_limits(STEPS), REPEATS, IDLE_S)
    with bed() as stack:
        asyncio.run(run(stack, stack.person(), 1, idle_s=0))
        empty_mb = Process(pid=stack.web.pid).pss_mb
        found: dict[int, list[Run]] = {}
        for count in steps:
            found[count] = [asyncio.run(run(stack, stack.person(), count, idle_s=idle_s)) for _repeat in range(repeats)]
            if any(one.inexact for one in found[count]):
                break
    return Report(
        how=f"{idle_s:g} s of idling a step, medians of {repeats}; % of one core",
        rows=[row(count, runs, empty_mb) for count, runs in found.items()],
        wrong=[
            f"{count} sockets: {one.inexact} without their end"
            for count, runs in found.items()
            for one in runs
            if one.inexact
        ],
    )


def within_limits(steps: tuple[int, ...]) -> list[int]:
    """Both sides need a file a socket."""
    files, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return [count for count in steps if count + SPARE_FILES <= files]


def row(count: int, runs: list[Run], empty_mb: float | None) -> dict[str, Figure]:
    memory_mb = middle([one.memory_mb for one in runs])
    each_kb = None if memory_mb is None or empty_mb is None else (memory_mb - empty_mb) * 1024 / count
    return {
        "sockets": count,
        "opened/s": median([count / one.opened_s for one in runs]),
        "idle, %": middle([one.idle_percent for one in runs]),
        "memory, MB": memory_mb,
        "a socket, KB": each_kb,
        "end p50, s": median([percentile(one.ends, 0.5) for one in runs]),
        "last end, s": median([max(one.ends) for one in runs]),
    }
