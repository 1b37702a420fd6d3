"""What every benchmark stands on: the product's real processes with a fake provider, and how they are looked at."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from config.local.stack import start_services
from tests.process.stack import Stack

# The table of benchmarks.models.Row: it is made here, for no migration of the product knows it.
CREATE = """
CREATE TABLE benchmarks_row
    (id uuid PRIMARY KEY, owner uuid NOT NULL, note text NOT NULL, created timestamptz NOT NULL);
GRANT SELECT, INSERT ON benchmarks_row TO PUBLIC
"""
TICKS = os.sysconf("SC_CLK_TCK")
MARK = re.compile(r"\b[0-9a-f]{32}\b")  # a UUID's hex


class Bed(Stack):
    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}

    def shares(self, **more: int) -> Shares:
        """Of the product's processes, of the servers, and of this one, which is the client."""
        postgres, valkey = self.services.postgres.child, self.services.valkey.child
        assert postgres is not None
        assert valkey is not None
        return Shares(web=self.web.pid, **more, postgres=postgres.pid, valkey=valkey.pid, client=os.getpid())

    def calls_by_mark(self) -> dict[str, dict[str, Any]]:
        """The provider's ledger since it was last asked, by the mark in what each call asked."""
        calls = {mark: call for call in self.calls() for mark in MARK.findall(call["question"])}
        httpx2.post(f"{self.fake_url}/control/reset").raise_for_status()
        return calls

    def connections(self) -> int:
        """That the product's processes hold to Postgres."""
        [(count,)] = self.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lintel'")
        return int(count)


@contextlib.contextmanager
def bed(settings: Mapping[str, str] | None = None) -> Iterator[Bed]:
    """Servers, fake provider and web server, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="lintel-bench-") as folder:
        home = Path(folder)
        with start_services(home / "services", model=False) as services:
            stack = Bed(services, home / "stack")
            stack.settings = {**stack.settings, **(settings or {})}
            try:
                stack.begin()
                stack.sql(CREATE)
                yield stack
            finally:
                stack.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Figures of a process, from Linux's /proc; None elsewhere."""

    pid: int

    @property
    def cpu_s(self) -> float | None:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / TICKS
        return None

    @property
    def peak_mb(self) -> float | None:
        return self._megabytes("status", "VmHWM")

    @property
    def rss_mb(self) -> float | None:
        return self._megabytes("status", "VmRSS")

    @property
    def pss_mb(self) -> float | None:
        """What it shares with others counted in shares."""
        return self._megabytes("smaps_rollup", "Pss")

    def _megabytes(self, file: str, name: str) -> float | None:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/{file}").read_text().splitlines():
                if line.startswith(f"{name}:"):
                    return int(line.split()[1]) / 1024
        return None

    def family(self) -> list[Process]:
        """Itself and what descends from it."""
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(
                    int(stat.parent.name)
                )
        pids = [self.pid]
        for pid in pids:  # grows while it is walked
            pids += children.get(pid, [])
        return [Process(pid=pid) for pid in pids]


def total(values: Sequence[float | None]) -> float | None:
    """The sum; unknown where one of them is."""
    return None if None in values else sum(value for value in values if value is not None)


class Shares:
    """How much of a core each of these families of processes uses from now on: where one is full, look there."""

    def __init__(self, **leaders: int) -> None:
        self._leaders = {name: Process(pid=pid) for name, pid in leaders.items()}
        self._began, self._before = time.monotonic(), self._spent()

    def _spent(self) -> dict[str, float | None]:
        return {name: total([one.cpu_s for one in self._members(leader)]) for name, leader in self._leaders.items()}

    def _members(self, leader: Process) -> list[Process]:
        return [leader] if leader.pid == os.getpid() else leader.family()  # everything here descends from this one

    def percent(self) -> dict[str, float | None]:
        took, spent = time.monotonic() - self._began, self._spent()
        return {name: _percent(self._before[name], now, took) for name, now in spent.items()}


def _percent(before: float | None, now: float | None, took: float) -> float | None:
    return None if before is None or now is None else max(0.0, now - before) / took * 100


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: a value that was measured, not one between two."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def middle(values: Sequence[float | None]) -> float | None:
    """The median; unknown where one of them is."""
    return None if None in values else median([value for value in values if value is not None])


def machine() -> str:
    """With the load that there is already: figures want a quiet one."""
    system = f"{platform.system()} {platform.machine()}, CPython {platform.python_version()}"
    return f"{os.cpu_count()} cores, {system}, load {os.getloadavg()[0]:.1f}"
