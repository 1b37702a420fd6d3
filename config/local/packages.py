"""uv, and the package index as pip was told of it. Runs on Python 3.8 and later, standard library only."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

PIP_SECTIONS = ("global", "install", ":env:")  # a later one overrides, as in pip
UV_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE")


class NoUv(Exception):
    """uv can be neither found nor installed; its text is one sentence."""


def find_uv(tools: Path, *more: Path) -> str | None:
    """A uv that runs: on the PATH, or put aside by an earlier set-up."""
    for candidate in (shutil.which("uv"), *map(str, more), str(tools / "bin" / "uv")):
        if candidate and runs(candidate):
            return candidate
    return None


def runs(program: str) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def install_uv(tools: Path, python: str, lock: Path) -> str:
    """Put the locked uv aside with pip; no environment of anybody's is touched."""
    pip = python_with_pip(python)
    if pip is None:
        raise NoUv("Neither uv nor pip is here; install one of them (Debian: apt install python3-pip).")
    shutil.rmtree(tools, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(locked("uv", lock.read_text()))
        command = [pip, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--target", str(tools)]
        done = subprocess.run([*command, "-r", str(wanted)], stderr=subprocess.PIPE, check=False)
    uv = tools / "bin" / "uv"
    if done.returncode != 0 or not runs(str(uv)):
        sys.stderr.write(done.stderr.decode(errors="replace"))  # of a success, its warnings are noise
        raise NoUv("pip could not install uv (see above); without a network, install uv by hand.")
    return str(uv)


def python_with_pip(python: str) -> str | None:
    """An environment made by uv has no pip, but the Python below it may, and so may the one on the PATH."""
    base = getattr(sys, "_base_executable", sys.executable)
    candidates = (sys.executable, python, base, shutil.which("python3"), shutil.which("python"))
    return next((path for path in candidates if path and has_pip(path)), None)


def has_pip(python: str) -> bool:
    return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def locked(name: str, lock: str) -> str:
    """One package's lines, hashes included, out of a requirements lock."""
    found = re.search(rf"^{re.escape(name)}==[^\\\n]*(?:\\\n[^\\\n]*)*", lock, re.MULTILINE)
    if found is None:
        raise NoUv(f"The requirements lock names no {name}; run make lock.")
    return found.group(0) + "\n"


def uv_environment(python: str) -> dict[str, str]:
    """This process's environment, with what pip knows of the package index told to uv in its own words."""
    return {**os.environ, **as_uv(pip_settings(python), os.environ)}


def pip_settings(python: str) -> dict[str, str]:
    """What `pip config list` answers; without a pip, the PIP_ variables are all there is."""
    pip = python_with_pip(python)
    if pip is None:
        return {key[4:].lower().replace("_", "-"): value for key, value in os.environ.items() if key.startswith("PIP_")}
    command = [pip, "-m", "pip", "config", "list"]
    return parse_pip_settings(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout)


def parse_pip_settings(listed: str) -> dict[str, str]:
    by_section: dict[str, dict[str, str]] = {section: {} for section in PIP_SECTIONS}
    for line in listed.splitlines():
        name, separator, value = line.partition("=")
        section, dot, option = name.rpartition(".")
        if separator and dot and section in by_section:
            by_section[section][option] = str(ast.literal_eval(value))
    return {option: value for section in PIP_SECTIONS for option, value in by_section[section].items()}


def as_uv(pip: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """uv's variables for pip's settings; someone who configured uv itself is left alone.

    Every file is checked against its locked hash, so taking the best match of all indexes cannot mislead.
    """
    chosen = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    if not any(environment.get(name) for name in UV_INDEXES):
        links = ",".join(pip.get("find-links", "").split())
        extra = " ".join(pip.get("extra-index-url", "").split())
        chosen.update(UV_DEFAULT_INDEX=pip.get("index-url", ""), UV_INDEX=extra, UV_FIND_LINKS=links)
        chosen.update(UV_INSECURE_HOST=" ".join(pip.get("trusted-host", "").split()))
    if not environment.get("SSL_CERT_FILE"):
        chosen["SSL_CERT_FILE"] = pip.get("cert", "")
    chosen["UV_HTTP_TIMEOUT"] = environment.get("UV_HTTP_TIMEOUT") or pip.get("default-timeout", pip.get("timeout", ""))
    return {name: value for name, value in chosen.items() if value}
