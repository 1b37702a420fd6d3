"""Many streams in one worker process: are all exact, how soon they begin, how steadily they come, what they cost.

300 at once, 50 chunks 0.1 s apart. Readers over WebSocket in this process. The worker is up before the first request
and is the only one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from benchmarks.bed import Bed, Process, bed, median, percentile
from benchmarks.http import accepted, post
from benchmarks.readers import Reader, follow, lags
from benchmarks.report import Report
from tests.process.stack import Person, directive

CHUNK_S, REPEATS = 0.1, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    streams: int
    chunks: int
    rate: float | None
    """Begun in a second; None: all at once."""

    @property
    def text(self) -> str:
        return "".join(f"Wort {number:03} 🦊 " for number in range(self.chunks))

    def request(self, token: str, mark: str) -> bytes:
        size = len(self.text) // self.chunks
        script = directive(mark, text=self.text, chunk_chars=size, chunk_delay_s=CHUNK_S, first_delay_s=CHUNK_S)
        body = {"prompt_key": "document_summary", "payload": {"document": script}}
        return post("/api/v1/requests", token, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    first: Sequence[float]
    lags: Sequence[float]
    inexact: int
    connections: int
    cpu_s: float


async def run(stack: Bed, person: Person, plan: Plan) -> tuple[list[Reader], int]:
    """Every stream's reader, and how many connections there were at most."""
    tasks, connections = [], [0]
    watch = asyncio.ensure_future(_watch_connections(stack, connections))
    for _each in range(plan.streams):
        tasks.append(asyncio.ensure_future(_stream(stack, person, plan)))
        if plan.rate:
            await asyncio.sleep(1 / plan.rate)
    readers = await asyncio.gather(*tasks)
    watch.cancel()
    return readers, max(connections)


async def _watch_connections(stack: Bed, seen: list[int]) -> None:
    while True:
        seen.append(await asyncio.to_thread(stack.connections))
        await asyncio.sleep(0.5)


async def _stream(stack: Bed, person: Person, plan: Plan) -> Reader:
    mark = uuid4().hex
    reader = Reader(await accepted(stack.port, plan.request(person.token, mark)), mark)
    await follow(stack, person, reader)
    return reader


def first_tokens(stack: Bed, person: Person) -> list[float]:
    """Seconds from acceptance to the first chunk, as the database clock has them, less the provider's own delay."""
    rows = stack.sql(
        "SELECT extract(epoch FROM first_token - created)::float8 FROM requests_app_airequest"
        " WHERE user_id = %s AND first_token IS NOT NULL",
        person.id,
    )
    return [float(took) - CHUNK_S for (took,) in rows]


def measure(*, quick: bool) -> Report:
    plan = Plan(streams=10 if quick else 300, chunks=50, rate=None)
    return measured(plan, repeats=1 if quick else REPEATS)


def measured(plan: Plan, *, repeats: int) -> Report:
    with bed() as stack:
        worker = Process(pid=stack.start_worker(streams=plan.streams).pid)
        idle = stack.connections()
        runs = [one_run(stack, worker, plan) for _repeat in range(repeats)]
        return report(plan, runs, idle=idle, peak_mb=worker.peak_mb)


def one_run(stack: Bed, worker: Process, plan: Plan) -> Run:
    person, before = stack.person(), worker.cpu_s or 0.0
    readers, connections = asyncio.run(run(stack, person, plan))
    calls = stack.calls_by_mark()
    return Run(
        first=first_tokens(stack, person),
        lags=[lag for one in readers for lag in lags(one, calls[one.mark], pieces=plan.chunks)],
        inexact=sum(not one.exact(plan.text) for one in readers),
        connections=connections,
        cpu_s=(worker.cpu_s or 0.0) - before,
    )


def report(plan: Plan, runs: list[Run], *, idle: int, peak_mb: float | None) -> Report:
    begun = f"{plan.rate:g} begun a second" if plan.rate else "all at once"
    inexact, streams = sum(run.inexact for run in runs), plan.streams * len(runs)
    figures = {
        "first token p50, s": median([percentile(run.first, 0.5) for run in runs]),
        "first token p99, s": median([percentile(run.first, 0.99) for run in runs]),
        "chunk lag p99, s": median([percentile(run.lags, 0.99) for run in runs]),
        "inexact streams": inexact,
        "worker's CPU, s a run": median([run.cpu_s for run in runs]),
        "worker's memory, MB at most": peak_mb,
        "Postgres connections at most": max(run.connections for run in runs),
        "Postgres connections when idle": idle,
    }
    return Report(
        how=f"{plan.streams} streams, {begun}, {plan.chunks} chunks {CHUNK_S} s apart; medians of {len(runs)}",
        rows=[{"figure": name, "value": value} for name, value in figures.items()],
        wrong=[f"{inexact} of {streams} streams"] if inexact else [],
    )
