"""The Procfile is read as it is written."""

from pathlib import Path

import pytest

from config.local.errors import LocalError
from config.local.home import REPOSITORY
from config.local.procfile import read_procfile


def test_names_and_commands(tmp_path: Path) -> None:
    file = tmp_path / "Procfile"
    file.write_text("# comment\n\nweb: serve --port ${PORT:-1}\nworker:  work: hard\n")
    assert read_procfile(file) == {"web": "serve --port ${PORT:-1}", "worker": "work: hard"}


def test_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "Procfile"
    file.write_text("web: serve\nnonsense\n")
    with pytest.raises(LocalError, match="line 2"):
        read_procfile(file)


def test_ours_has_every_process() -> None:
    assert list(read_procfile(REPOSITORY / "Procfile")) == ["web", "worker", "jobs", "beat"]
