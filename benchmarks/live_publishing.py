"""How chunks travel from a worker to its readers: a group per request, or one message per flush and a hub.

300 readers, each to receive ROUNDS chunks; a round is what a worker flushes at once. Publisher and readers share one
process and one Valkey, so the figures compare the ways with each other and say nothing about a machine's limits.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

from channels_redis.pubsub import RedisPubSubChannelLayer
from uuid_utils.compat import uuid7

from benchmarks.bed import median
from benchmarks.report import Figure, Report
from config.local.home import Home
from config.local.valkey import Valkey
from requests_app.hub import Hub, Mailbox
from requests_app.live import GROUP, LiveChunk, chunk_message

READERS, ROUNDS, REPEATS, TEXT = 300, 20, 5, "some words of an answer "
PATIENCE_S = 30.0

Way = Callable[[str], Coroutine[Any, Any, int]]


async def group_per_request(url: str) -> int:
    """Returns how many chunks arrived."""
    layer: Any = RedisPubSubChannelLayer(hosts=[url])
    ids = [uuid7() for _each in range(READERS)]
    channels = [await layer.new_channel() for _each in ids]
    for request_id, channel in zip(ids, channels, strict=True):
        await layer.group_add(f"request.{request_id}", channel)
    readers = [asyncio.create_task(receive(layer, channel)) for channel in channels]
    for round_number in range(ROUNDS):
        for request_id in ids:
            message = chunk_message([chunk(request_id, round_number)])
            await layer.group_send(f"request.{request_id}", message)
    return sum(await asyncio.gather(*readers))


async def receive(layer: Any, channel: str) -> int:
    """One reader: until it has all its chunks, or nothing more comes."""
    for arrived in range(ROUNDS):
        try:
            await asyncio.wait_for(layer.receive(channel), PATIENCE_S)
        except TimeoutError:
            return arrived
    return ROUNDS


class Counter(Mailbox):
    """Every reader's mailbox at once: counts what would be kept."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = 0

    def put(self, chunk: LiveChunk) -> None:
        self.arrived += 1


async def message_per_flush_with_hub(url: str) -> int:
    layer: Any = RedisPubSubChannelLayer(hosts=[url])
    ids = [uuid7() for _each in range(READERS)]
    hub = Hub()
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    mailboxes = [hub._mailboxes.setdefault(request_id, set()) for request_id in ids]
    counter = Counter()
    for mailbox in mailboxes:
        mailbox.add(counter)
    for round_number in range(ROUNDS):
        await layer.group_send(GROUP, chunk_message([chunk(request_id, round_number) for request_id in ids]))
    while counter.arrived < READERS * ROUNDS:
        hub.deliver(await asyncio.wait_for(layer.receive(channel), PATIENCE_S))
    return counter.arrived


def chunk(request_id: UUID, round_number: int) -> LiveChunk:
    return LiveChunk(request_id=request_id, attempt=1, start=round_number * len(TEXT), text=TEXT)


def run(way: Way, url: str) -> tuple[float, float, int]:
    """Chunks a second, CPU milliseconds per thousand chunks, chunks that arrived."""
    cpu, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    arrived = asyncio.run(way(url))
    took, spent = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = spent.ru_utime + spent.ru_stime - cpu.ru_utime - cpu.ru_stime
    return arrived / took, cpu_s * 1e6 / arrived, arrived


def measure(*, quick: bool) -> Report:
    ways: list[Way] = [message_per_flush_with_hub, group_per_request]
    repeats = 1 if quick else REPEATS
    figures: dict[str, list[tuple[float, float, int]]] = {way.__name__: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.prepare()
        valkey = Valkey(home)
        valkey.start()
        try:
            for _repeat in range(repeats):
                for way in ways:  # interleaved, so that a noisy moment hits all
                    figures[way.__name__].append(run(way, valkey.url))
        finally:
            valkey.stop()
    wrong = [
        f"{name}: {arrived} of {READERS * ROUNDS} chunks arrived"
        for name, runs in figures.items()
        for *_figures, arrived in runs
        if arrived != READERS * ROUNDS
    ]
    how = f"{READERS} readers, {ROUNDS} rounds, medians of {repeats}, interleaved"
    return Report(how=how, rows=[row(name, runs) for name, runs in figures.items()], wrong=wrong)


def row(name: str, runs: list[tuple[float, float, int]]) -> dict[str, Figure]:
    rate, cpu, _arrived = (median(column) for column in zip(*runs, strict=True))
    return {"way": name.replace("_", " "), "chunks/s": rate, "CPU, ms per 1,000": cpu}
