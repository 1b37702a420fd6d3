"""How many open sockets one web process holds: what they cost while nothing happens, and how soon all hear of an end.

Every socket watches the same waiting request, which is then cancelled: each must get its status and its end, once.
No worker runs. The climb ends where some do not open, or do not hear of the end, within a minute.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.bed import Bed, Process, bed, middle, percentile
from benchmarks.http import accepted, post
from benchmarks.readers import PATIENCE_S, Reader, all_open
from benchmarks.report import Figure, Report
from tests.process.stack import Person

STEPS, REPEATS = (250, 500, 1000, 1500, 2000), 3
IDLE_S = 10.0  # twice as long as the longest pause in which a socket's permission and row are looked at
OPEN_S = 60.0
SPARE_FILES = 100
ALL = [("status", "pending"), ("end", "cancelled")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A step; where not all sockets opened in time, that is all that it knows."""

    held: int
    wrong: int = 0
    opened_s: float | None = None
    idle_percent: float | None = None
    memory_mb: float | None = None
    ends: Sequence[float] = ()
    """Seconds from the cancelling to each socket's end."""


async def run(stack: Bed, person: Person, count: int, *, idle_s: float) -> Run:
    body = {"prompt_key": "document_summary", "payload": {"document": "Wait."}, "deadline_s": 3600}
    request_id = await accepted(stack.port, post("/api/v1/requests", person.token, body))
    readers, tasks = [Reader(request_id) for _each in range(count)], list[asyncio.Task[None]]()
    began = time.time()
    try:
        async with asyncio.timeout(OPEN_S):
            await all_open(stack, person, readers, tasks)
        return await idle_and_end(stack, person, readers, tasks, opened_s=time.time() - began, idle_s=idle_s)
    except TimeoutError:
        return Run(held=sum(reader.first.is_set() for reader in readers))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def idle_and_end(
    stack: Bed,
    person: Person,
    readers: list[Reader],
    tasks: list[asyncio.Task[None]],
    *,
    opened_s: float,
    idle_s: float,
) -> Run:
    shares = stack.shares()
    await asyncio.sleep(idle_s)
    percent, memory_mb = shares.percent()["web"], Process(pid=stack.web.pid).pss_mb
    began = time.time()
    await cancel(stack, person, readers[0].request_id)
    await asyncio.wait(tasks, timeout=PATIENCE_S)
    ends = [reader.messages[-1][0] - began for reader in readers if told(reader) == ALL]
    return Run(
        held=len(ends),
        wrong=sum(told(reader) not in (ALL, ALL[:1]) for reader in readers),
        opened_s=opened_s,
        idle_percent=percent,
        memory_mb=memory_mb,
        ends=ends,
    )


async def cancel(stack: Bed, person: Person, request_id: str) -> None:
    with stack.client(person) as http:
        answer = await asyncio.to_thread(http.post, f"/api/v1/requests/{request_id}/cancel")
    answer.raise_for_status()


def told(reader: Reader) -> list[tuple[str, str]]:
    return [(event["type"], event["status"]) for _at, event in reader.events]


def measure(*, quick: bool) -> Report:
    steps, repeats, idle_s = ([20], 1, 1.0) if quick else (within_limits(STEPS), REPEATS, IDLE_S)
    found: dict[int, list[Run]] = {}
    with bed() as stack:
        asyncio.run(run(stack, stack.person(), 1, idle_s=0))
        empty_mb = Process(pid=stack.web.pid).pss_mb
        for count in [count for count in steps for _repeat in range(repeats)]:
            one = asyncio.run(run(stack, stack.person(), count, idle_s=idle_s))
            found.setdefault(count, []).append(one)
            if one.held < count:
                break
    wrong = sum(one.wrong for runs in found.values() for one in runs)
    return Report(
        how=f"{idle_s:g} s of idling a step, medians of {repeats}; % of one core",
        rows=[row(count, runs, empty_mb) for count, runs in found.items()],
        wrong=[f"{wrong} sockets"] if wrong else [],
    )


def within_limits(steps: tuple[int, ...]) -> list[int]:
    """Both sides need a file a socket."""
    files, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return [count for count in steps if count + SPARE_FILES <= files]


def row(count: int, runs: list[Run], empty_mb: float | None) -> dict[str, Figure]:
    """Of the worst run of a step that failed, of all runs of one that did not."""
    runs = [one for one in runs if one.held < count] or runs
    memory_mb = middle([one.memory_mb for one in runs])
    each_kb = None if memory_mb is None or empty_mb is None else (memory_mb - empty_mb) * 1024 / count
    return {
        "sockets": count,
        "held": min(one.held for one in runs),
        "opened/s": middle([one.opened_s and count / one.opened_s for one in runs]),
        "idle, %": middle([one.idle_percent for one in runs]),
        "memory, MB": memory_mb,
        "a socket, KB": each_kb,
        "end p50, s": middle([percentile(one.ends, 0.5) if one.ends else None for one in runs]),
        "last end, s": middle([max(one.ends, default=None) for one in runs]),
    }
