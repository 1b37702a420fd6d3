"""What every benchmark stands on: the product's real processes with a fake provider, and how they are looked at."""

from __future__ import annotations

import contextlib
import os
import platform
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.local.stack import start_services
from tests.process.stack import Stack

# The table of benchmarks.models.Row: it is made here, for no migration of the product knows it.
CREATE = """
CREATE TABLE benchmarks_row
    (id uuid PRIMARY KEY, owner uuid NOT NULL, note text NOT NULL, created timestamptz NOT NULL);
GRANT SELECT, INSERT ON benchmarks_row TO PUBLIC
"""
TICKS = os.sysconf("SC_CLK_TCK")


class Bed(Stack):
    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}

    def connections(self) -> int:
        """That the product's processes hold to Postgres."""
        [(count,)] = self.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lintel'")
        return int(count)


@contextlib.contextmanager
def bed() -> Iterator[Bed]:
    """Servers, fake provider and web server, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="lintel-bench-") as folder:
        home = Path(folder)
        with start_services(home / "services", model=False) as services:
            stack = Bed(services, home / "stack")
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
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
        return None


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: a value that was measured, not one between two."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, CPython {platform.python_version()}"
