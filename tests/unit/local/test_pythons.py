"""Only interpreters that run, and that the wheels are built for, are taken."""

import sys
from pathlib import Path

import pytest

from config.local.pythons import NoPython, Python, choose, probe


@pytest.mark.parametrize(
    ("implementation", "version", "ordinary", "fits"),
    [
        ("CPython", (3, 11, 7), True, True),
        ("CPython", (3, 13, 0), True, True),
        ("CPython", (3, 13, 0), False, False),
        ("CPython", (3, 14, 0), True, False),
        ("CPython", (3, 10, 9), True, False),
        ("PyPy", (3, 11, 0), True, False),
    ],
)
def test_fitting(implementation: str, version: tuple[int, ...], ordinary: bool, fits: bool) -> None:
    assert Python(path="", implementation=implementation, version=version, ordinary=ordinary).fits is fits


def test_running_python_answers() -> None:
    python = probe(sys.executable)
    assert python is not None
    assert python.version == sys.version_info[:3]


def test_shim_that_fails_is_nothing(tmp_path: Path) -> None:
    shim = tmp_path / "python3"
    shim.write_text("#!/bin/sh\necho 'python3: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert probe(str(shim)) is None


def test_wrong_wish_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINTEL_PYTHON", "/no/such/python")
    with pytest.raises(NoPython, match="LINTEL_PYTHON=/no/such/python"):
        choose(None)
