"""What `manage.py` says to somebody who has not set anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import ROOT

COUNT = "from accounts.models import User; User.objects.count()"


def manage(tmp_path: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    nothing = dict.fromkeys(("DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "BROKER_URL"), "")
    place = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "LINTEL_HOME": str(tmp_path), "SECRET_KEY": "x" * 50}
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env={**os.environ, **nothing, **place, **environment},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("words", [("shell", "-v0", "-c", COUNT), ("token", "demo"), ("dbshell",)], ids=" ".join)
def test_without_a_database_a_command_says_so_in_a_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = manage(tmp_path, *words)
    assert told.returncode != 0
    assert told.stderr.count("\n") == 1
    assert "DATABASE_URL" in told.stderr
    assert "make run" in told.stderr


def test_the_check_names_what_is_not_set_and_how_to_come_by_it(tmp_path: Path) -> None:
    told = manage(tmp_path, "check").stderr
    assert "DATABASE_URL is not set." in told
    assert "make run" in told
    assert "Traceback" not in told


def test_a_wrong_setting_is_named_in_a_line(tmp_path: Path) -> None:
    told = manage(tmp_path, "check", LINTEL_STREAMS="many")
    assert told.stderr == "lintel: LINTEL_STREAMS='many' is not a number.\n"
    assert "Traceback" in manage(tmp_path, "check", "--traceback", LINTEL_STREAMS="many").stderr
