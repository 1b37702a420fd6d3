"""What Lintel adds to a first token: from POST to the first chunk on the socket, less what the provider takes alone.

The fake provider's first chunk comes after 100 ms. One request at a time, then ten a second; each beside a direct call.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import connect

from benchmarks.bed import Bed, bed, median, percentile
from benchmarks.http import accepted, post
from benchmarks.report import Figure, Report
from tests.process.stack import Person, directive

CALLS, WARM_UP, REPEATS, RATE = 40, 10, 5, 10.0
SCRIPT = directive(text="Some words of an answer.", first_delay_s=0.1, chunk_chars=4)

Call = Callable[[], Awaitable[float]]


def through_lintel(stack: Bed, person: Person) -> Call:
    body = {"prompt_key": "document_summary", "payload": {"document": SCRIPT}}
    request = post("/api/v1/requests", person.token, body)

    async def call() -> float:
        began = time.perf_counter()
        url = f"ws://127.0.0.1:{stack.port}/ws/requests/{await accepted(stack.port, request)}"
        async with connect(url, additional_headers=person.headers, proxy=None) as socket:
            async for message in socket:
                if json.loads(message)["type"] == "chunk":
                    return time.perf_counter() - began
        raise AssertionError("a stream ended without a chunk")

    return call


def directly(stack: Bed) -> Call:
    port = int(stack.fake_url.rpartition(":")[2])
    body = {"model": "any", "stream": True, "messages": [{"role": "user", "content": SCRIPT}]}
    request = post("/v1/chat/completions", "none", body)

    async def call() -> float:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        while b'"content": "' not in (line := await reader.readline()) and b'"content":"' not in line:
            assert line, "the provider's stream ended without a chunk"
        took = time.perf_counter() - began
        writer.close()
        return took

    return call


async def one_at_a_time(call: Call, calls: int) -> list[float]:
    return [await call() for _each in range(calls)]


async def at_a_rate(call: Call, calls: int) -> list[float]:
    begun = []
    for _each in range(calls):
        begun.append(asyncio.ensure_future(call()))
        await asyncio.sleep(1 / RATE)
    return await asyncio.gather(*begun)


def measure(*, quick: bool) -> Report:
    calls, repeats = (3, 1) if quick else (CALLS, REPEATS)
    with bed() as stack:
        stack.start_worker(streams=100)
        ways = {"direct": directly(stack), "lintel": through_lintel(stack, stack.person())}
        for call in ways.values():
            asyncio.run(one_at_a_time(call, WARM_UP))
        found: dict[str, dict[str, list[list[float]]]] = {}
        for how in (one_at_a_time, at_a_rate):
            runs = found.setdefault(how.__name__.replace("_", " "), {name: [] for name in ways})
            for _repeat in range(repeats):
                for name, call in ways.items():
                    runs[name].append(asyncio.run(how(call, calls)))
    rows = [row(how, runs) for how, runs in found.items()]
    return Report(how=f"{calls} calls a run, medians of {repeats}, interleaved; {RATE:g} a second at a rate", rows=rows)


def row(how: str, found: dict[str, list[list[float]]]) -> dict[str, Figure]:
    p50, p99 = (
        {name: median([percentile(run, share) for run in runs]) * 1000 for name, runs in found.items()}
        for share in (0.5, 0.99)
    )
    return {
        "requests": how,
        "direct p50, ms": p50["direct"],
        "Lintel p50, ms": p50["lintel"],
        "added p50, ms": p50["lintel"] - p50["direct"],
        "added p99, ms": p99["lintel"] - p99["direct"],
    }
