"""A process is known by pid and start time, and a note of it can be trusted."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from config.local.processes import identify, recorded


def test_this_process_is_alive() -> None:
    assert identify("me", os.getpid()).alive()


def test_recycled_pid_is_somebody_else() -> None:
    assert not replace(identify("me", os.getpid()), started="earlier").alive()


def test_corpse_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = identify("child", child.pid)
    assert identity.alive()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not identity.alive()
    child.communicate()


def test_note_comes_back(tmp_path: Path) -> None:
    identity = identify("me", os.getpid())
    identity.record(tmp_path)
    assert recorded(tmp_path) == [identity]


def test_torn_note_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_text('{"name": "web", "pi')
    assert recorded(tmp_path) == []
