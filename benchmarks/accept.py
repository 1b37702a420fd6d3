"""How fast requests are accepted, beside two views that do less on the same server.

    .venv/bin/python -m benchmarks.accept

16 clients; no worker runs, so that only acceptance is measured. Both other views pass the same middleware, the bare one
authenticates and stores one row through DRF and the ORM.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchmarks.bed import Bed, bed, machine, median, percentile
from benchmarks.http import Load, load, post

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


def measure(stack: Bed) -> dict[str, list[Load]]:
    runs: dict[str, list[Load]] = {}
    for repeat in range(REPEATS + 1):
        for name, (request, status) in ways(stack.person().token).items():
            calls = CALLS if repeat else WARM_UP
            found = asyncio.run(load(stack.port, request, clients=CLIENTS, calls=calls, status=status))
            assert not found.wrong, f"{name}: {found.wrong} answers were not {status}"
            if repeat:
                runs.setdefault(name, []).append(found)
    return runs


def main() -> None:
    with bed() as stack:
        runs = measure(stack)
    print(f"{machine()}; {CLIENTS} clients, {CALLS} calls a run, medians of {REPEATS}, interleaved")
    for name, found in runs.items():
        p50, p99 = (median([percentile(run.latencies, share) for run in found]) * 1000 for share in (0.5, 0.99))
        print(f"{name:8} {median([run.rate for run in found]):7.0f} requests/s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms")
    ratios = [mine.rate / bare.rate for mine, bare in zip(runs["accept"], runs["bare"], strict=True)]
    print(f"accept / bare: {median(ratios):.2f}")


if __name__ == "__main__":
    main()
