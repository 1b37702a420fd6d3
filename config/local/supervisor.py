"""Keeps processes up, says what happens to them, and ends every one of them however it ends itself."""

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeVar

from config.local.child import Child
from config.local.errors import ServiceFailed
from config.local.service import Service
from config.local.terminal import Terminal

TICK_SECONDS = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 30.0
HEALTHY_SECONDS = 30.0  # after so long a life, a death is a first one again
Result = TypeVar("Result")


class Part(Protocol):
    """Something that runs: an embedded server or a line of the Procfile."""

    name: str
    child: Child | None

    def start(self) -> None: ...
    def ask_to_stop(self) -> None: ...
    def stop(self) -> None: ...
    def running(self) -> bool: ...


def wait_before_restart(deaths: int) -> float:
    """Seconds to wait after this many deaths in a row."""
    doublings = min(deaths - 1, 10)  # far past the bound, far from an overflow
    return float(min(SHORTEST_WAIT * 2**doublings, LONGEST_WAIT))


@dataclass(slots=True, kw_only=True)
class Watched:
    """A part and its recent history."""

    part: Part
    since: float
    deaths: int = 0
    start_at: float | None = None


class Supervisor:
    """Use it as a context: what was started in it is stopped when it is left. All of it belongs to the main thread."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._watched: list[Watched] = []
        self.every_tick: list[Callable[[], None]] = []

    def __enter__(self) -> "Supervisor":
        self._before = {number: signal.signal(number, _interrupt) for number in STOP_SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is KeyboardInterrupt:
            self._terminal.mid_line = self._terminal.console.is_terminal  # it shows a ^C
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # ending is under way and bounded in time
        try:
            self.stop()
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def start(self, part: Part) -> None:
        self._watched.append(Watched(part=part, since=time.monotonic()))  # first: a half-started part is stopped too
        part.start()
        self._terminal.event(part.name, f"up (process {_pid(part)})")

    def launch(self, service: Service) -> None:
        """Begin to start a slow one, while others go on."""
        self._watched.append(Watched(part=service, since=time.monotonic()))
        service.launch()
        self._terminal.event(service.name, f"starting (process {_pid(service)})")

    def part(self, name: str) -> Part:
        return self._history(name).part

    def deaths(self, name: str) -> int:
        return self._history(name).deaths

    def _history(self, name: str) -> Watched:
        return next(watched for watched in self._watched if watched.part.name == name)

    def stop(self) -> None:
        """Last started, first ended; processes are asked all at once, servers outlive whoever uses them."""
        parts = [watched.part for watched in reversed(self._watched)]
        if parts:
            self._terminal.say("Stopping")
        for part in parts:
            part.ask_to_stop()
        for part in parts:
            part.stop()
        self._watched.clear()

    def watch(self, *, until: Callable[[], bool]) -> None:
        while not until():
            for watched in self._watched:
                self._look_after(watched)
            for tick in self.every_tick:
                tick()
            time.sleep(TICK_SECONDS)

    def watch_during(self, action: Callable[[], Result]) -> Result:
        """Do something long in a thread of its own, while this one keeps everything up."""
        outcome: Future[Result] = Future()
        threading.Thread(target=_settle, args=(outcome, action), daemon=True).start()
        self.watch(until=outcome.done)
        return outcome.result()

    def _look_after(self, watched: Watched) -> None:
        if watched.start_at is not None:
            self._start_again(watched)
        elif not watched.part.running():
            self._notice_death(watched)

    def _notice_death(self, watched: Watched) -> None:
        now = time.monotonic()
        watched.deaths = 1 if now - watched.since > HEALTHY_SECONDS else watched.deaths + 1
        wait = wait_before_restart(watched.deaths)
        watched.start_at = now + wait
        self._terminal.event(watched.part.name, f"{how_it_ended(watched.part)}; starting again in {wait:g} s")

    def _start_again(self, watched: Watched) -> None:
        if watched.start_at is None or time.monotonic() < watched.start_at:
            return
        watched.start_at, watched.since = None, time.monotonic()
        try:
            watched.part.start()
        except ServiceFailed as failed:
            self._terminal.event(watched.part.name, str(failed).partition("\n")[0])
            return  # it is not running, so the next tick counts another death
        self._terminal.event(watched.part.name, f"up again (process {_pid(watched.part)})")


def how_it_ended(part: Part) -> str:
    code = part.child.exit_code() if part.child else None
    if part.child:
        part.child.bury()
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def _pid(part: Part) -> int | None:
    return part.child.pid if part.child else None


def _settle(outcome: "Future[Result]", action: Callable[[], Result]) -> None:
    try:
        outcome.set_result(action())
    except BaseException as error:
        outcome.set_exception(error)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
