"""One client that reads nothing of a long text while others read it: memory of the web process, the others' pace.

Runs with and without it alternate, each on a fresh web process. When the others have all of the text the slow one reads
on, and reconnects from its position where it was hung up on: it must get the whole text, too.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection

from benchmarks.bed import Bed, Process, bed, median, middle, percentile
from benchmarks.http import accepted, post
from benchmarks.readers import Reader, all_open, follow, opened, pauses
from benchmarks.report import Figure, Report
from tests.process.client import ENDLESS
from tests.process.stack import Person

LINE = "Eine Zeile über nichts, wie sie in langen Texten vorkommt, 64 lang\n"
PIECE, PIECE_S, PIECES, BEGIN_S = LINE * 256, 0.02, 1200, 3.0
OTHERS, REPEATS, SAMPLE_S, SMALL_BUFFER, TRIES = 4, 3, 0.1, 64 * 1024, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    before_mb: float | None
    flowing_mb: float | None
    """Most memory until the quickest reader has its last text; ``ending_mb`` from then on, ``catching_up_mb`` later."""
    ending_mb: float | None
    catching_up_mb: float | None
    took_s: float
    pauses: list[float]
    caught_up_s: float | None
    inexact: int


class Memory:
    """Of one process, looked at all the time."""

    def __init__(self, pid: int) -> None:
        self._process = Process(pid=pid)
        self._seen: list[tuple[float, float | None]] = []

    async def watch(self) -> None:
        while True:
            self._seen.append((time.time(), self._process.pss_mb))
            await asyncio.sleep(SAMPLE_S)

    def most(self, since: float, until: float) -> float | None:
        seen = [megabytes for at, megabytes in self._seen if since <= at <= until]
        return None if None in seen else max((each for each in seen if each is not None), default=None)


async def run(stack: Bed, person: Person, text: str, *, slow: bool) -> Run:
    memory = Memory(stack.web.pid)
    body = {"prompt_key": "document_summary", "payload": {"document": "A long one."}, "deadline_s": 600, **ENDLESS}
    request_id = await accepted(stack.port, post("/api/v1/requests", person.token, body))
    others, late = [Reader(request_id) for _each in range(OTHERS)], Reader(request_id)
    tasks: list[asyncio.Task[None]] = []
    watch, began = asyncio.ensure_future(memory.watch()), time.time()
    async with AsyncExitStack() as held:
        stuck = await held.enter_async_context(reading_nothing(stack, person, late)) if slow else None
        await all_open(stack, person, others, tasks)
        await asyncio.gather(*tasks)
        ended = time.time()
        if stuck:
            await catch_up(stack, person, late, stuck)
    over = time.time()
    watch.cancel()
    first, last = (choose(reader.chunks()[place][0] for reader in others) for choose, place in ((min, 0), (min, -1)))
    return Run(
        before_mb=memory.most(began, first),
        flowing_mb=memory.most(first, last),
        ending_mb=memory.most(last, ended),
        catching_up_mb=memory.most(ended, over) if slow else None,
        took_s=ended - first,
        pauses=[pause for one in others for pause in pauses(one)],
        caught_up_s=over - ended if slow else None,
        inexact=sum(not one.exact(text) for one in (*others, *[late] * slow)),
    )


@asynccontextmanager
async def reading_nothing(stack: Bed, person: Person, reader: Reader) -> AsyncIterator[ClientConnection]:
    """Takes nothing off its connection but the first event."""
    async with opened(stack, person, reader.request_id) as connection:
        reader.messages.append((time.time(), await connection.recv()))
        connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        connection.transport.pause_reading()
        yield connection


async def catch_up(stack: Bed, person: Person, reader: Reader, connection: ClientConnection) -> None:
    connection.transport.resume_reading()
    await reader.read(connection)
    for _try in range(TRIES):
        if reader.ended:
            return
        await follow(stack, person, reader)


def measure(*, quick: bool) -> Report:
    pieces, repeats = (60, 1) if quick else (PIECES, REPEATS)
    text = PIECE * pieces
    runs: dict[bool, list[Run]] = {False: [], True: []}
    with bed() as stack:
        stack.start_worker()
        stack.script(
            default={"text": text, "chunk_chars": len(PIECE), "chunk_delay_s": PIECE_S, "first_delay_s": BEGIN_S}
        )
        for _repeat in range(repeats):
            for slow, found in runs.items():
                stack.web.stop()
                stack.web = stack.start_web()
                found.append(asyncio.run(run(stack, stack.person(), text, slow=slow)))
    wrong = sum(one.inexact for found in runs.values() for one in found)
    return Report(
        how=f"{len(text.encode()) / 1e6:.1f} MB in pieces of {len(PIECE) / 1e3:.1f} KB, {PIECE_S} s apart, to {OTHERS} "
        f"readers; medians of {repeats}; memory above what the web process had with its sockets open",
        rows=[row(slow, found) for slow, found in runs.items()],
        wrong=[f"{wrong} readers"] if wrong else [],
    )


def row(slow: bool, runs: list[Run]) -> dict[str, Figure]:
    return {
        "one reads nothing": "yes" if slow else "no",
        "before, MB": middle([one.before_mb for one in runs]),
        "text flows, MB": middle([more(one.before_mb, one.flowing_mb) for one in runs]),
        "others end, MB": middle([more(one.before_mb, one.ending_mb) for one in runs]),
        "it catches up, MB": middle([more(one.before_mb, one.catching_up_mb) for one in runs]) if slow else "",
        "others took, s": median([one.took_s for one in runs]),
        "others' pauses p99, s": median([percentile(one.pauses, 0.99) for one in runs]),
        "it caught up in, s": middle([one.caught_up_s for one in runs]) if slow else "",
    }


def more(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
