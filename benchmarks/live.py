"""Live text from one worker to many sockets: how many events a second arrive, how late, and what is full then.

Two shapes: one stream that all sockets read, and a stream for each socket. The sockets are open before the worker is
started. Events are counted in the busiest half of a text's length.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from benchmarks.bed import Bed, bed, median, middle, percentile
from benchmarks.http import accepted, post
from benchmarks.readers import Reader, all_open, lags
from benchmarks.report import Figure, Report
from tests.process.client import ENDLESS
from tests.process.stack import Person, directive

PIECE_S, PIECE, REPEATS = 0.05, "zehn Wörter 🦊 im Strom, ", 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    sockets: int
    streams: int
    pieces: int

    @property
    def shape(self) -> str:
        return f"{self.streams} to {self.sockets}"

    @property
    def busy_s(self) -> float:
        return self.pieces * PIECE_S / 2

    @property
    def text(self) -> str:
        return PIECE * self.pieces

    def request(self, token: str, mark: str) -> bytes:
        script = directive(mark, text=self.text, chunk_chars=len(PIECE), chunk_delay_s=PIECE_S, first_delay_s=PIECE_S)
        body = {"prompt_key": "document_summary", "payload": {"document": script}, **ENDLESS}
        return post("/api/v1/requests", token, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    rate: float
    lags: Sequence[float]
    inexact: int
    percent: dict[str, float | None]


async def run(stack: Bed, person: Person, plan: Plan) -> Run:
    marks = [uuid4().hex for _each in range(plan.streams)]
    ids = [await accepted(stack.port, plan.request(person.token, mark)) for mark in marks]
    readers = [Reader(ids[number % plan.streams], marks[number % plan.streams]) for number in range(plan.sockets)]
    tasks: list[asyncio.Task[None]] = []
    await all_open(stack, person, readers, tasks)
    worker = stack.start_worker(streams=plan.streams)  # nothing is to be read until it is there
    shares = stack.shares(worker=worker.pid)
    await asyncio.gather(*tasks)
    percent = shares.percent()
    worker.stop()
    calls = stack.calls_by_mark()
    return Run(
        rate=busiest([at for one in readers for at, _event in one.chunks()], plan.busy_s),
        lags=[lag for one in readers for lag in lags(one, calls[one.mark], pieces=plan.pieces)],
        inexact=sum(not one.exact(plan.text) for one in readers),
        percent=percent,
    )


def busiest(times: Sequence[float], seconds: float) -> float:
    """Events a second in the busiest so many seconds."""
    ordered, most, begin = sorted(times), 0, 0
    for end, at in enumerate(ordered, start=1):
        while at - ordered[begin] >= seconds:
            begin += 1
        most = max(most, end - begin)
    return most / seconds


def measure(*, quick: bool) -> Report:
    steps, pieces, repeats = ([5], 20, 1) if quick else ([100, 300], 200, REPEATS)
    plans = [Plan(sockets=count, streams=streams, pieces=pieces) for count in steps for streams in (1, count)]
    runs: dict[Plan, list[Run]] = {plan: [] for plan in plans}
    with bed() as stack:
        for _repeat in range(repeats):
            for plan in plans:
                runs[plan].append(asyncio.run(run(stack, stack.person(), plan)))
    return Report(
        how=f"{pieces} pieces of text, {PIECE_S} s apart; "
        f"events in the busiest {plans[0].busy_s:g} s; medians of {repeats}, interleaved; % of one core",
        rows=[row(plan, found) for plan, found in runs.items()],
        wrong=[
            f"{plan.shape}: {one.inexact} of {plan.sockets} sockets"
            for plan in plans
            for one in runs[plan]
            if one.inexact
        ],
    )


def row(plan: Plan, runs: Sequence[Run]) -> dict[str, Figure]:
    late = {
        name: median([percentile(one.lags, share) for one in runs]) for name, share in (("p50", 0.5), ("p99", 0.99))
    }
    return {
        "streams to sockets": plan.shape,
        "pieces/s offered": plan.sockets / PIECE_S,
        "events/s": median([one.rate for one in runs]),
        **{f"lag {name}, s": value for name, value in late.items()},
        **{f"{name}, %": middle([one.percent[name] for one in runs]) for name in runs[0].percent},
    }
