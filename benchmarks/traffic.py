"""What breakers and limits cost a call: the question before it, asked of a real Valkey.

From one event loop, as in a worker: one call after another, and fifty at once.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from ai.traffic import SharedTraffic
from ai.types import ModelSpec, ProviderSpec
from benchmarks.bed import median, percentile
from benchmarks.report import Figure, Report
from config.local.stack import start_services

CALLS, AT_ONCE, REPEATS = 500, 50, 5
PLENTY = 10**9


def measure(*, quick: bool) -> Report:
    calls, repeats = (20, 1) if quick else (CALLS, REPEATS)
    with (
        tempfile.TemporaryDirectory(prefix="lintel-bench-") as folder,
        start_services(Path(folder), model=False) as services,
    ):
        rows = uvloop.run(measured(services.redis_url, calls, repeats))
    return Report(how=f"{calls} calls a run, medians of {repeats}; a route of three models", rows=rows)


async def measured(url: str, calls: int, repeats: int) -> list[dict[str, Figure]]:
    traffic = SharedTraffic(url)
    rows: list[dict[str, Figure]] = []
    for asked, route in (("breakers", route_of(None)), ("breakers and four limits", route_of(PLENTY))):
        for at_once in (1, AT_ONCE):
            await run(traffic, route, calls, at_once)
            runs = [await run(traffic, route, calls, at_once) for _repeat in range(repeats)]
            p50, p99 = (median([percentile(took, share) for took in runs]) * 1000 for share in (0.5, 0.99))
            rows.append({"asked": asked, "at once": at_once, "p50, ms": p50, "p99, ms": p99})
    await traffic.close()
    return rows


def route_of(limit: int | None) -> tuple[ModelSpec, ...]:
    provider = ProviderSpec(
        name=f"provider-{limit}",
        kind="openai",
        base_url=None,
        api_key_setting=None,
        requests_per_minute=limit,
        tokens_per_minute=limit,
    )
    return tuple(
        ModelSpec(
            name=name,
            provider=provider,
            context_window=8192,
            max_output_tokens=1000,
            capabilities=frozenset(),
            requests_per_minute=limit,
            tokens_per_minute=limit,
        )
        for name in ("small", "middle", "large")
    )


async def run(traffic: SharedTraffic, route: Sequence[ModelSpec], calls: int, at_once: int) -> list[float]:
    """How long each of the questions took, in seconds."""

    async def share() -> list[float]:
        return [await asked(traffic, route) for _call in range(calls // at_once)]

    return [took for part in await asyncio.gather(*(share() for _each in range(at_once))) for took in part]


async def asked(traffic: SharedTraffic, route: Sequence[ModelSpec]) -> float:
    began = time.perf_counter()
    await traffic.choose(route, tokens=500)
    return time.perf_counter() - began
