"""The set-up of a copy touches no other copy's environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from config.local.home import REPOSITORY


def test_linked_environment_is_left_alone(tmp_path: Path) -> None:
    copy, other = tmp_path / "copy", tmp_path / "other" / ".venv"
    shutil.copytree(REPOSITORY / "config", copy / "config", ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copytree(REPOSITORY / "requirements", copy / "requirements")
    other.mkdir(parents=True)
    (other / "theirs").touch()
    (copy / ".venv").symlink_to(other)
    done = subprocess.run(
        [sys.executable, "-m", "config.local.begin", "test"], cwd=copy, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "is a link" in done.stderr
    assert [each.name for each in other.iterdir()] == ["theirs"]
