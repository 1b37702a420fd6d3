"""How fast requests are accepted, beside two views that do less on the same server.

16 clients; no worker runs, so that only acceptance is measured. Both other views pass the same middleware, the bare one
authenticates and stores one row through DRF and the ORM.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchmarks.bed import Bed, bed, median, percentile
from benchmarks.http import Load, load, post
from benchmarks.report import Figure, Report

CLIENTS, CALLS, WARM_UP, REPEATS = 16, 600, 100, 5
NOTE = "The export button does nothing since this morning's update. " * 3


def ways(token: str) -> dict[str, tuple[Callable[[], bytes], int]]:
    submission = {"prompt_key": "ticket_classify", "payload": {"ticket": NOTE}}
    requests = {
        "accept": (post("/api/v1/requests", token, submission), 202),
        "bare": (post("/bare/row", token, {"note": NOTE}), 202),
        "empty": (b"GET /bare/empty HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 204),
    }
    return {name: ((lambda data=data: data), status) for name, (data, status) in requests.items()}  # type: ignore[misc]


def runs_of(stack: Bed, *, calls: int, repeats: int) -> dict[str, list[Load]]:
    runs: dict[str, list[Load]] = {}
    for repeat in range(repeats + 1):
        for name, (request, status) in ways(stack.person().token).items():
            found = asyncio.run(
                load(stack.port, request, clients=CLIENTS, calls=calls if repeat else WARM_UP, status=status)
            )
            assert not found.wrong, f"{name}: {found.wrong} answers were not {status}"
            if repeat:
                runs.setdefault(name, []).append(found)
    return runs


def measure(*, quick: bool) -> Report:
    calls, repeats = (CLIENTS, 1) if quick else (CALLS, REPEATS)
    with bed() as stack:
        runs = runs_of(stack, calls=calls, repeats=repeats)
    return Report(
        how=f"{CLIENTS} clients, {calls} calls a run, medians of {repeats}, interleaved",
        rows=[row(name, found, runs["bare"]) for name, found in runs.items()],
    )


def row(name: str, found: list[Load], bare: list[Load]) -> dict[str, Figure]:
    p50, p99 = (median([percentile(run.latencies, share) for run in found]) * 1000 for share in (0.5, 0.99))
    ratio = median([mine.rate / other.rate for mine, other in zip(found, bare, strict=True)])
    rate = median([run.rate for run in found])
    return {"view": name, "requests/s": rate, "p50, ms": p50, "p99, ms": p99, "rate / bare": ratio}
