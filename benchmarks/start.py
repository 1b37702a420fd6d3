"""`make run` in a fresh clone: time until it is ready, the first time and later; its processes and their memory.

What is committed is cloned; no setting is given but the port. A first start makes the environment, fetches the weights
and streams two answers; a second one finds all of that. uv's cache of packages stays as it is on this machine: the
clone before fills it, so the one after is started with a warm one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bed import Process, median, total
from benchmarks.report import Figure, Report, Rows
from config.local.environment import DATABASES, MODELS, REDISES
from config.local.home import REPOSITORY, Home
from config.local.leftovers import end_leftovers
from config.local.ports import any_free
from config.local.processes import recorded

REPEATS, SETTLE_S, END_S = 5, 5.0, 60.0
READY = "Lintel is ready at"
# What would make it another start than a newcomer's, and what make leaves for a make below it.
TOLD = {*DATABASES, *REDISES, *MODELS, "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "PYTHONPATH", "VIRTUAL_ENV"}
MAKES = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A clone that can be started."""

    folder: Path

    @property
    def home(self) -> Home:
        return Home(self.folder / ".local")

    @contextmanager
    def running(self) -> Iterator[tuple[float, Process]]:
        """Inside it is ready: after how many seconds, and the process that began it."""
        began = time.perf_counter()
        run = subprocess.Popen(
            ["make", "run"],
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            until_ready(run)
            yield time.perf_counter() - began, Process(pid=run.pid)
        finally:
            os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does
            end(run)
            left = end_leftovers(self.home)
        assert not left, f"{[process.name for process in left]} outlived their start"


def environment() -> dict[str, str]:
    mine = {
        name: value for name, value in os.environ.items() if name not in TOLD | MAKES and not name.startswith("LINTEL_")
    }
    return {**mine, "PORT": str(any_free())}


def until_ready(run: subprocess.Popen[str]) -> None:
    assert run.stdout is not None
    said = []
    for line in run.stdout:
        said.append(line)
        if READY in line:
            return
    raise AssertionError(f"make run ended before it was ready:\n{''.join(said)}")


def end(run: subprocess.Popen[str]) -> None:
    try:
        run.communicate(timeout=END_S)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()


@contextmanager
def fresh_clone() -> Iterator[Copy]:
    with tempfile.TemporaryDirectory(prefix="lintel-start-") as folder:
        copy = Path(folder) / "lintel"
        subprocess.run(["git", "clone", "--quiet", "--no-local", str(REPOSITORY), str(copy)], check=True)
        yield Copy(folder=copy)


def measure(*, quick: bool) -> Report:
    repeats = 1 if quick else REPEATS
    firsts = [] if quick else [first_start()]
    seconds: list[float] = []
    with fresh_clone() as copy:
        with copy.running() as (took, _process):
            firsts.append(took)
        for _repeat in range(repeats):
            with copy.running() as (took, process):
                seconds.append(took)
                if len(seconds) == repeats:
                    time.sleep(SETTLE_S)
                    memory = memory_of(process, copy.home)
    return Report(
        how=f"first starts once each, second ones {repeats} times; memory {SETTLE_S:g} s after the last was ready",
        rows=times(firsts, seconds),
        also=memory,
    )


def first_start() -> float:
    with fresh_clone() as copy, copy.running() as (took, _process):
        return took


def times(firsts: list[float], seconds: list[float]) -> Rows:
    *as_found, warm = firsts
    found = [
        *(("first, uv's cache as it was found", took) for took in as_found),
        ("first, uv's cache warm", warm),
        ("second, median", median(seconds)),
        ("second, slowest", max(seconds)),
    ]
    return [{"start": name, "s": took} for name, took in found]


def memory_of(beginning: Process, home: Home) -> Rows:
    """By the names under which the supervisor knows its processes; the rest is make and the supervisor."""
    families = {one.name: Process(pid=one.pid).family() for one in recorded(home.run)}
    named = {process for family in families.values() for process in family}
    families["supervisor"] = [process for process in beginning.family() if process not in named]
    everything = [process for family in families.values() for process in family]
    return [row(name, family) for name, family in {**families, "all": everything}.items()]


def row(name: str, family: list[Process]) -> dict[str, Figure]:
    pss, rss = total([one.pss_mb for one in family]), total([one.rss_mb for one in family])
    return {"process": name, "number": len(family), "PSS, MB": pss, "RSS, MB": rss}
