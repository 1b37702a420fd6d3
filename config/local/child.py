"""One program that we start and must end: its own session, its log, its note for the next start."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from config.local.home import REPOSITORY, Home
from config.local.processes import forget, identify, signal_group

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program and how it likes to be ended; `death_signal` is what it gets when the supervisor is killed."""

    name: str
    arguments: Sequence[str]
    folder: Path = REPOSITORY
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    grace: float = 10.0
    route: str = "plain"
    reach: Path = field(default=REPOSITORY)

    def launched(self) -> list[str]:
        """Under the launcher, with this process as the one whose death it shares."""
        tie = [str(os.getpid()), str(int(self.death_signal)), self.route, str(self.reach), "--"]
        return [sys.executable, "-I", str(LAUNCHER), *tie, *self.arguments]


class Child:
    """A running Command. Start it from the main thread: Linux counts the death of the starting thread."""

    def __init__(self, command: Command, home: Home, *, output: IO[bytes] | None = None) -> None:
        """Its words go to its log; `output` takes what it prints, apart from complaints."""
        self.command = command
        self.log = home.logs / f"{command.name}.log"
        self._home = home
        self._asked: float | None = None
        with self.log.open("ab") as log, stop_signals_held():
            self._log_begins = log.tell()
            self._process = subprocess.Popen(
                command.launched(),
                cwd=command.folder,
                env=None if command.environment is None else dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=output or log,
                stderr=log,
                start_new_session=True,
            )
            identify(command.name, self._process.pid).record(home.run)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._process.poll()

    def said(self) -> str:
        """What this run has written to the log."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins)
            return log.read().decode(errors="replace").strip()

    def tell(self, number: signal.Signals) -> None:
        if self.exit_code() is None:
            self._process.send_signal(number)

    def tell_all(self, number: signal.Signals) -> None:
        signal_group(self.pid, number)

    def ask(self) -> None:
        """Once: to some programs a second request means to end without care."""
        if self._asked is None:
            self._asked = time.monotonic()
            self.tell(self.command.stop_signal)
            self.tell_all(signal.SIGCONT)  # a paused process could not hear

    def stop(self) -> None:
        """Ask, wait out the grace since, then end; whatever it had started goes with it."""
        self.ask()
        elapsed = time.monotonic() - (self._asked or 0.0)
        try:
            self._process.wait(max(0.0, self.command.grace - elapsed))
        except subprocess.TimeoutExpired:
            self.tell_all(signal.SIGKILL)
        self.bury()

    def kill(self) -> None:
        self.tell_all(signal.SIGKILL)
        self.bury()

    def bury(self) -> None:
        self._process.wait()
        self.tell_all(signal.SIGKILL)
        forget(self._home.run, self.command.name)


@contextmanager
def stop_signals_held() -> Iterator[None]:
    """A Ctrl-C between fork and the note would leave a process that nobody knows of."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
