"""Many streams in one worker process: are all exact, how soon they begin, how steadily they come, what they cost.

    .venv/bin/python -m benchmarks.streams          300 at once, 50 chunks 0.1 s apart
    .venv/bin/python -m benchmarks.streams --long   1,000 of 20 s, 50 begun a second

Readers over WebSocket in this process. The worker is up before the first request and is the only one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect

from benchmarks.bed import Bed, Process, bed, machine, median, percentile
from benchmarks.http import answer, post
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

    def request(self, token: str) -> bytes:
        size = len(self.text) // self.chunks
        script = directive(text=self.text, chunk_chars=size, chunk_delay_s=CHUNK_S, first_delay_s=CHUNK_S)
        body = {"prompt_key": "document_summary", "payload": {"document": script}}
        return post("/api/v1/requests", token, body)


@dataclass(slots=True)
class Run:
    """``lags``: how much later than the first chunk of its stream, and its place in the row, each chunk came."""

    first: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    inexact: int = 0
    connections: int = 0
    cpu_s: float = 0.0


async def run(stack: Bed, person: Person, plan: Plan, found: Run) -> None:
    request, tasks = plan.request(person.token), []
    watch = asyncio.ensure_future(_watch_connections(stack, found))
    for _each in range(plan.streams):
        tasks.append(asyncio.ensure_future(_stream(stack, person, plan, request, found)))
        if plan.rate:
            await asyncio.sleep(1 / plan.rate)
    await asyncio.gather(*tasks)
    watch.cancel()


async def _watch_connections(stack: Bed, found: Run) -> None:
    while True:
        found.connections = max(found.connections, await asyncio.to_thread(stack.connections))
        await asyncio.sleep(0.5)


async def _stream(stack: Bed, person: Person, plan: Plan, request: bytes, found: Run) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port)
    writer.write(request)
    _status, accepted = await answer(reader)
    writer.close()
    url = f"ws://127.0.0.1:{stack.port}/ws/requests/{json.loads(accepted)['id']}"
    text, began = "", 0.0
    async with connect(url, additional_headers=person.headers, proxy=None, open_timeout=60) as socket:
        async for message in socket:
            event: dict[str, Any] = json.loads(message)
            if event["type"] == "chunk":
                now = time.perf_counter()
                began = began or now
                text += event["text"]
                due = (len(text) * plan.chunks // len(plan.text) - 1) * CHUNK_S
                found.lags.append(now - began - due)
    found.inexact += text != plan.text


def first_tokens(stack: Bed, person: Person) -> list[float]:
    """Seconds from acceptance to the first chunk, as the database clock has them, less the provider's own delay."""
    rows = stack.sql(
        "SELECT extract(epoch FROM first_token - created)::float8 FROM requests_app_airequest WHERE user_id = %s",
        person.id,
    )
    return [float(took) - CHUNK_S for (took,) in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true")
    long = parser.parse_args().long
    plan = Plan(streams=1000, chunks=200, rate=50.0) if long else Plan(streams=300, chunks=50, rate=None)
    runs: list[Run] = []
    with bed() as stack:
        worker = Process(pid=stack.start_worker(streams=plan.streams).pid)
        idle = stack.connections()
        for _repeat in range(1 if long else REPEATS):
            person, found, before = stack.person(), Run(), worker.cpu_s
            asyncio.run(run(stack, person, plan, found))
            found.first = first_tokens(stack, person)
            found.cpu_s = (worker.cpu_s or 0.0) - (before or 0.0)
            runs.append(found)
        show(plan, runs, idle=idle, peak_mb=worker.peak_mb)


def show(plan: Plan, runs: list[Run], *, idle: int, peak_mb: float | None) -> None:
    print(f"{machine()}; {plan.streams} streams of {plan.chunks} chunks, {CHUNK_S} s apart; medians of {len(runs)}")
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        print(f"first token {name} {median([percentile(run.first, share) for run in runs]):6.2f} s")
    print(f"chunk lag p99   {median([percentile(run.lags, 0.99) for run in runs]):6.2f} s")
    print(f"inexact         {sum(run.inexact for run in runs)} of {plan.streams * len(runs)}")
    print(f"worker          {median([run.cpu_s for run in runs]):.1f} s CPU a run, {peak_mb or 0:.0f} MB at most")
    print(f"connections     {max(run.connections for run in runs)} at most of web and worker ({idle} when idle)")


if __name__ == "__main__":
    main()
