"""Which Python the environment is built with. Runs on Python 3.8 and later, standard library only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FITTING = ((3, 13), (3, 12), (3, 11))
NAMES = ("python3", *(f"python{major}.{minor}" for major, minor in FITTING), "python")
PROBE = """
import platform, sys, sysconfig
print(platform.python_implementation())
print(*sys.version_info[:3])
print(sys.maxsize > 2**32 and not sysconfig.get_config_var("Py_GIL_DISABLED"))
print(getattr(sys, "_base_executable", sys.executable))
"""


class Python(NamedTuple):
    """An interpreter that answered."""

    path: str
    implementation: str
    version: tuple[int, ...]
    ordinary: bool  # 64 bits and with its lock: what the wheels are built for

    @property
    def fits(self) -> bool:
        return self.implementation == "CPython" and self.version[:2] in FITTING and self.ordinary


class NoPython(Exception):
    """None fits; its text is one sentence."""


def choose(uv: str | None) -> Python:
    """LINTEL_PYTHON where it is set; else the first that fits, those that the person would get by name first."""
    wanted = os.environ.get("LINTEL_PYTHON")
    if wanted:
        return _as_wanted(wanted)
    seen = []
    for path in _candidates(uv):
        python = probe(path)
        if python and python.fits:
            return python
        if python:
            seen.append(".".join(map(str, python.version)))
    found = f" (found: {', '.join(sorted(set(seen)))})" if seen else ""
    raise NoPython(f"CPython 3.11, 3.12 or 3.13 is needed and none was found{found}; install one or set LINTEL_PYTHON.")


def _as_wanted(wanted: str) -> Python:
    python = probe(wanted)
    if python is None:
        raise NoPython(f"LINTEL_PYTHON={wanted} does not run.")
    if not python.fits:
        version = ".".join(map(str, python.version))
        raise NoPython(f"LINTEL_PYTHON={wanted} is {python.implementation} {version}; CPython 3.11 to 3.13 is needed.")
    return python


def _candidates(uv: str | None) -> Iterator[str]:
    yield sys.executable
    for name in NAMES:
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
            path = Path(folder) / name
            if folder and os.access(path, os.X_OK) and path.is_file():
                yield str(path)
    yield from _pyenv_versions()
    if uv:
        yield from _managed_by(uv)


def _pyenv_versions() -> Iterator[str]:
    """pyenv's shims on the PATH run only what was chosen with it; the versions themselves always run."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for major, minor in FITTING:
        yield from (str(path) for path in sorted(versions.glob(f"{major}.{minor}.*/bin/python3"), reverse=True))


def _managed_by(uv: str) -> Iterator[str]:
    find = [uv, "python", "find", "--no-project", "--no-python-downloads", ">=3.11,<3.14"]
    found = subprocess.run(find, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if found.returncode == 0:
        yield found.stdout.strip()


def probe(path: str) -> Python | None:
    """Ask an interpreter what it is; None when it does not run, as shims without a version do."""
    try:
        answer = subprocess.run(
            [path, "-I", "-c", PROBE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=20,
            check=True,
        ).stdout.splitlines()
        version = tuple(int(part) for part in answer[1].split())
        return Python(path=answer[3], implementation=answer[0], version=version, ordinary=answer[2] == "True")
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
