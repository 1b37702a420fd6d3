"""The sample history of a first start: asked for once, told as it grows, and no reason for a start to fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from config.local import samples
from config.local.home import Home
from config.local.start import Running


@dataclass
class Loader:
    """Stands in for the process, its supervisor and the terminal."""

    home: Home
    code: int | None = None
    told: list[str] = field(default_factory=list)
    every_tick: list[Any] = field(default_factory=list)
    stopped: bool = False

    @property
    def log(self) -> Path:
        return self.home.root / "load_demo.log"

    @property
    def running(self) -> Running:
        return cast("Running", self)

    plan = property(lambda self: self)
    supervisor = property(lambda self: self)
    terminal = property(lambda self: self)

    def begin_manage(self, name: str) -> Loader:
        assert name == "load_demo"
        return self

    def say(self, line: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{line}\n")
        self.every_tick[0]()

    def end(self, code: int) -> None:
        self.code = code
        self.every_tick[0]()

    def exit_code(self) -> int | None:
        return self.code

    def said(self) -> str:
        return self.log.read_text().strip()

    def stop(self) -> None:
        self.stopped = True

    def event(self, name: str, line: str) -> None:
        self.told.append(f"{name}: {line}")

    def problem(self, line: str) -> None:
        self.told.append(f"problem: {line}")


def loader(tmp_path: Path) -> Loader:
    home = Home(tmp_path)
    samples.want(home)
    return Loader(home)


def test_progress_is_told_and_it_is_not_made_again(tmp_path: Path) -> None:
    one = loader(tmp_path)
    with samples.loading(one.running):
        one.say("5 users, 2 shared teams")
        one.say("day 9 of 14")
        one.say("521 sample requests of 14 days")
        one.end(0)
    assert one.told == ["samples: day 9 of 14", "samples: 521 sample requests of 14 days"]
    assert not samples.wanted(one.home)
    assert one.every_tick == []


def test_a_failure_is_one_line_and_no_more(tmp_path: Path) -> None:
    one = loader(tmp_path)
    with samples.loading(one.running):
        one.say("CommandError: The sample history could not be made: no room")
        one.end(1)
    [line] = one.told
    assert "no room" in line
    assert "manage.py load_demo" in line
    assert not samples.wanted(one.home)


def test_what_is_stopped_is_begun_again(tmp_path: Path) -> None:
    one = loader(tmp_path)
    with samples.loading(one.running):
        one.say("day 3 of 14")
    assert one.stopped
    assert samples.wanted(one.home)


def test_nothing_is_made_unasked(tmp_path: Path) -> None:
    one = Loader(Home(tmp_path))
    with samples.loading(one.running):
        assert one.every_tick == []
    assert not one.stopped
