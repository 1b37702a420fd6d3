"""Logs begin anew at each start, and the terminal hears of requests."""

from pathlib import Path

from config.local.home import Home
from config.local.logs import Tail, request_lines, rotate

WORKER_LOG = """\
2026-11-21 10:00:00,000 INFO requests_app.worker ready for 100 streams at once
2026-11-21 10:00:01,000 INFO requests_app.runner request 0192aaaa-0000-7000-8000-000000000000 is done
"""


def home_with_log(tmp_path: Path, text: str) -> Home:
    home = Home(tmp_path)
    home.prepare()
    (home.logs / "worker.log").write_text(text)
    return home


def test_rotation_keeps_three(tmp_path: Path) -> None:
    for number in range(5):
        home = home_with_log(tmp_path, str(number))
        rotate(home)
    kept = {path.name: path.read_text() for path in home.logs.iterdir()}
    assert kept == {"worker.log.1": "4", "worker.log.2": "3", "worker.log.3": "2"}


def test_only_requests_reach_the_terminal(tmp_path: Path) -> None:
    home = home_with_log(tmp_path, WORKER_LOG)
    assert list(request_lines(Tail(home.logs / "worker.log"))) == [
        "request 0192aaaa-0000-7000-8000-000000000000 is done"
    ]


def test_half_a_line_waits(tmp_path: Path) -> None:
    home = home_with_log(tmp_path, "one\ntw")
    tail = Tail(home.logs / "worker.log")
    assert list(tail.lines()) == ["one"]
    with (home.logs / "worker.log").open("a") as log:
        log.write("o\n")
    assert list(tail.lines()) == ["two"]


def test_missing_log_has_no_lines(tmp_path: Path) -> None:
    assert list(Tail(tmp_path / "none.log").lines()) == []
