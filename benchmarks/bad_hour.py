"""A vendor's bad hour, in minutes: how many requests are answered, how late, and by how many calls.

The first model of the route fails a third of its calls, then all, then takes longer than anybody waits, and recovers.
Half of the requests may fall back to the second model, half may not. Breakers are as they ship.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.bed import Bed, bed, percentile
from benchmarks.report import Figure, Report
from tests.process.client import submit
from tests.process.stack import Person, wait_for

RATE, SECONDS, DEADLINE_S = 8.0, 30.0, 30.0
IDLE_S = 3.0  # that a worker waits for a model's next text
FIRST, SECOND = "haiku", "smollm2-135m-instruct"
ANSWER = {"text": "Fine. " * 20, "chunk_delay_s": 0.02}
WAYS = {"with fallback": {}, "without": {"model": FIRST}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """``share`` of the first model's calls fail at once; ``script`` is how it plays the others."""

    name: str
    share: float = 0.0
    script: dict[str, object]


PHASES = (
    Phase(name="well", script=ANSWER),
    Phase(name="a third fails", share=0.33, script=ANSWER),
    Phase(name="down", share=1.0, script=ANSWER),
    Phase(name="slow", script={**ANSWER, "first_delay_s": 2 * IDLE_S}),
    Phase(name="well again", script=ANSWER),
)


def measure(*, quick: bool) -> Report:
    seconds = 2.0 if quick else SECONDS
    with bed() as stack:
        person = stack.person()
        rows = [row for phase in PHASES for row in _measured(stack, person, phase, seconds)]
    how = (
        f"{RATE:g} requests a second for {seconds:g} s of each phase, half of them each way; their deadline is"
        f" {DEADLINE_S:g} s, and a model that is silent for {IDLE_S:g} s is given up"
    )
    return Report(how=how, rows=rows)


def _measured(stack: Bed, person: Person, phase: Phase, seconds: float) -> list[dict[str, Figure]]:
    stack.script(models={FIRST: phase.script, SECOND: ANSWER})
    environment = {
        "LINTEL_BREAKER_CALLS": "5",
        "LINTEL_CONTENT_IDLE_SECONDS": f"{IDLE_S:g}",
        "LINTEL_FAULTS": f"overloaded@{FIRST}={phase.share}" if phase.share else "",
    }
    worker = stack.start_worker(streams=100, environment=environment)
    sent: dict[str, list[str]] = {way: [] for way in WAYS}
    began = time.monotonic()
    for number in range(round(seconds * RATE)):
        way = list(WAYS)[number % len(WAYS)]
        sent[way].append(_sent(stack, person, number, WAYS[way]))
        time.sleep(max(0.0, began + (number + 1) / RATE - time.monotonic()))
    everything = [request_id for ids in sent.values() for request_id in ids]
    wait_for(lambda: _all_over(stack, everything), what="the end of all requests", seconds=3 * DEADLINE_S)
    worker.kill()
    return [{"first model": phase.name, "route": way, **_figures(stack, ids)} for way, ids in sent.items()]


def _sent(stack: Bed, person: Person, number: int, options: dict[str, str]) -> str:
    return submit(stack, person, f"Text {number}.", priority="fast", deadline_s=DEADLINE_S, **options)  # type: ignore[arg-type]


def _all_over(stack: Bed, ids: list[str]) -> bool:
    [(open_,)] = stack.sql(
        "SELECT count(*) FROM requests_app_airequest WHERE id = ANY(%s::uuid[]) AND completed IS NULL", ids
    )
    return not open_


def _figures(stack: Bed, ids: list[str]) -> dict[str, Figure]:
    ends = stack.sql(
        "SELECT status, EXTRACT(EPOCH FROM completed - created)::float8, model FROM requests_app_airequest"
        " WHERE id = ANY(%s::uuid[])",
        ids,
    )
    [(calls,)] = stack.sql("SELECT count(*) FROM requests_app_aiattempt WHERE request_id = ANY(%s::uuid[])", ids)
    took = [seconds for status, seconds, _model in ends if status == "done"]
    by_second = sum(status == "done" and model == SECOND for status, _seconds, model in ends)
    return {
        "requests": len(ids),
        "answered, %": 100 * len(took) / len(ids),
        "by the second, %": 100 * by_second / len(ids),
        "p50, s": percentile(took, 0.5) if took else None,
        "p95, s": percentile(took, 0.95) if took else None,
        "calls a request": calls / len(ids),
    }
