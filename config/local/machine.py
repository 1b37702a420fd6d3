"""The doctor's first look, at the machine itself. Runs on Python 3.8 and later, standard library only."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config.local import packages, pythons

NEEDED_DISK_MB = 1500
NEEDED_MEMORY_MB = 1500
SYSTEMS = (("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"))


class Finding(NamedTuple):
    """One thing looked at; `remedy` is what to do, empty when all is well."""

    what: str
    found: str
    remedy: str = ""

    def line(self) -> str:
        mark = "ok     " if not self.remedy else "PROBLEM"
        return f"{mark}  {self.what:<14} {self.found}" + (f"\n         → {self.remedy}" if self.remedy else "")


def look(repository: Path, tools: Path) -> Iterator[Finding]:
    yield _system()
    uv = packages.find_uv(tools, repository / ".venv" / "bin" / "uv")
    yield _python(uv)
    yield _uv(uv)
    yield _index()
    yield _disk(repository)
    yield from _memory()


def _system() -> Finding:
    system, machine = platform.system(), platform.machine()
    remedy = "" if (system, machine) in SYSTEMS else "Linux on x86_64 or aarch64, or macOS on arm64, is needed."
    if system == "Linux" and not platform.libc_ver()[0]:
        remedy = "The wheels are built for glibc; this system has another C library."
    return Finding("system", f"{system} on {machine}", remedy)


def _python(uv: str | None) -> Finding:
    try:
        python = pythons.choose(uv)
    except pythons.NoPython as none:
        return Finding("python", "none that fits", str(none))
    return Finding("python", f"{'.'.join(map(str, python.version))} ({python.path})")


def _uv(uv: str | None) -> Finding:
    if uv or packages.python_with_pip(sys.executable):
        return Finding("uv", uv or "not here; it will be put aside with pip")
    return Finding("uv", "neither uv nor pip is here", "Install uv, or pip (Debian: apt install python3-pip).")


def _index() -> Finding:
    told = packages.as_uv(packages.pip_settings(sys.executable), os.environ)
    names = sorted(name for name in told if name in packages.UV_INDEXES)  # addresses may hold passwords
    return Finding("package index", f"pip's configuration, as {', '.join(names)}" if names else "as uv has it")


def _disk(repository: Path) -> Finding:
    free = shutil.disk_usage(repository).free // 2**20
    remedy = "" if free >= NEEDED_DISK_MB else f"About {NEEDED_DISK_MB} MB are needed; make room or move the copy."
    return Finding("disk", f"{free} MB free", remedy)


def _memory() -> Iterator[Finding]:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return
    available = next((int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable")), None)
    if available is not None:
        remedy = "" if available >= NEEDED_MEMORY_MB else f"About {NEEDED_MEMORY_MB} MB are needed; close something."
        yield Finding("memory", f"{available} MB available", remedy)
