"""The log files: put away at each start, read by people."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from config.local.home import Home
from config.local.terminal import Terminal

KEPT = 3
REQUEST_LINE = re.compile(r" (?:INFO|WARNING|ERROR) \S+ (request [0-9a-f]{8}-\S+ .*)")


def rotate(home: Home) -> None:
    """Give each log the next number up; the oldest is dropped."""
    for log in home.logs.glob("*.log"):
        for number in range(KEPT - 1, 0, -1):
            older = log.with_name(f"{log.name}.{number}")
            if older.exists():
                older.replace(log.with_name(f"{log.name}.{number + 1}"))
        log.replace(log.with_name(f"{log.name}.1"))


class Tail:
    """The lines that a file has grown by since it was last looked at; a file that is not there yet has none."""

    def __init__(self, path: Path, *, from_end: int = 0) -> None:
        self.name = path.stem
        self._path = path
        self._position = 0
        self._rest = ""
        self.first = self._take_last(from_end) if from_end else []

    def _take_last(self, count: int) -> list[str]:
        return list(self.lines())[-count:]

    def lines(self) -> Iterator[str]:
        try:
            with self._path.open(errors="replace") as file:
                self._position = min(self._position, self._path.stat().st_size)  # a new file was begun
                file.seek(self._position)
                text = self._rest + file.read()
                self._position = file.tell()
        except FileNotFoundError:
            return
        *whole, self._rest = text.split("\n")
        yield from whole


def request_lines(tail: Tail) -> Iterator[str]:
    """What a worker says of requests, for the terminal."""
    for line in tail.lines():
        if match := REQUEST_LINE.search(line):
            yield match[1]


def follow(home: Home, terminal: Terminal, *, last: int = 20) -> None:
    """Show every log's end and what is added, until Ctrl-C."""
    tails = {log: Tail(log, from_end=last) for log in sorted(home.logs.glob("*.log"))}
    for tail in tails.values():
        for line in tail.first:
            terminal.event(tail.name, line)
    while True:
        for log in home.logs.glob("*.log"):
            tail = tails.setdefault(log, Tail(log))
            for line in tail.lines():
                terminal.event(tail.name, line)
        time.sleep(0.3)
