"""The sample history of a first start: made beside everything else, which neither waits for it nor fails with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.local.home import Home
from config.local.logs import Tail
from config.local.service import last_lines
from config.local.start import Running

TOLD = ("sample requests", "documents of a handbook")


def want(home: Home) -> None:
    """For this first start, and for the next one where this one is stopped meanwhile; never again after."""
    _mark(home).touch()


def wanted(home: Home) -> bool:
    return _mark(home).exists()


def _mark(home: Home) -> Path:
    return home.root / "samples-wanted"


@contextmanager
def loading(running: Running) -> Iterator[None]:
    """While the block runs, where a history is wanted; what is not done at its end is begun again at the next start."""
    if not wanted(running.plan.home):
        yield
        return
    child = running.begin_manage("load_demo")
    said = Tail(child.log)
    list(said.lines())  # of earlier ones

    def look() -> None:
        for line in said.lines():
            if line.startswith("day ") or any(words in line for words in TOLD):
                running.terminal.event("samples", line)
        if child.exit_code() is not None and wanted(running.plan.home):
            _mark(running.plan.home).unlink()
            if child.exit_code() != 0:
                why = last_lines(child.said(), 1)
                running.terminal.problem(f"No sample history ({why}); `manage.py load_demo` tries again")

    running.supervisor.every_tick.append(look)
    try:
        yield
    finally:
        running.supervisor.every_tick.remove(look)
        child.stop()
