"""Make the environment ready, then hand over to it. Runs on Python 3.8 and later, standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.local import machine, packages, progress, pythons

REPOSITORY = Path(__file__).resolve().parents[2]
REQUIREMENTS = REPOSITORY / "requirements"
VENV = REPOSITORY / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "lintel-stamp.json"
STATE = REPOSITORY / ".local"
TOOLS = STATE / "tools"
LOCKS = ("base", "local", "otel", "dev")
NEEDS = {
    **dict.fromkeys(("run", "demo", "demo-crash", "live"), "local"),
    **dict.fromkeys(("test", "check", "bench", "faults"), "dev"),
}
COMPILE = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate")


class SetupStopped(Exception):
    """The set-up cannot go on; its text is one sentence."""


def main(arguments: list[str]) -> None:
    target, *rest = arguments or ["run"]
    os.chdir(REPOSITORY)
    try:
        if target == "lock":
            sys.exit(lock())
        if target == "doctor":
            examine()
        if target in NEEDS:
            prepare(NEEDS[target])
        hand_over(target, rest)
    except (SetupStopped, packages.NoUv, pythons.NoPython) as stopped:
        sys.exit(f"lintel: {stopped}")
    except KeyboardInterrupt:
        sys.exit(130)


def hand_over(target: str, rest: list[str]) -> None:
    """Become the environment's own Python."""
    if not VENV_PYTHON.exists():
        raise SetupStopped("nothing is set up here yet; make run does it.")
    own = {
        "test": ["pytest"],
        "check": ["config.local.checks"],
        "bench": ["benchmarks"],
        "faults": ["tests.faults.campaign"],
    }
    module = own.get(target, ["config.local", target])
    os.execv(str(VENV_PYTHON), [str(VENV_PYTHON), "-m", *module, *rest])  # noqa: S606  without a shell on purpose


def prepare(kind: str) -> None:
    """Leave `.venv` with the locked packages of this kind; a matching stamp makes this free."""
    if satisfied(kind):
        return
    with alone():
        if not satisfied(kind):
            build(kind)


def satisfied(kind: str) -> bool:
    """Whether the environment holds these packages: dev has all that local has."""
    stamp = read_stamp()
    have = stamp.get("kind")
    return VENV_PYTHON.exists() and have in (kind, "dev") and stamp == wanted_stamp(str(have))


def read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def wanted_stamp(kind: str) -> dict[str, str]:
    """Scripts in an environment carry its path, so one that was moved is no longer good."""
    lock_hash = hashlib.sha256((REQUIREMENTS / f"{kind}.txt").read_bytes()).hexdigest()
    return {"kind": kind, "lock": lock_hash, "place": str(VENV)}


def build(kind: str) -> None:
    if VENV.is_symlink():
        raise SetupStopped(f".venv is a link to {VENV.resolve()}, which may be another copy's: remove the link.")
    uv, python = tools()
    if read_stamp().get("kind") == "dev":
        kind = "dev"  # somebody runs the tests here: keep what they need
    environment = packages.uv_environment(python.path)
    if not usable_venv():
        step(f"Making an environment with Python {'.'.join(map(str, python.version))}")
        run([uv, "venv", "--quiet", "--clear", "--python", python.path, str(VENV)], environment)
    STAMP.unlink(missing_ok=True)
    step("Installing the locked packages (hashes checked)")
    began = time.monotonic()
    sync = [
        uv,
        "pip",
        "sync",
        "--require-hashes",
        "--compile-bytecode",
        "--python",
        str(VENV_PYTHON),
        str(REQUIREMENTS / f"{kind}.txt"),
    ]
    run(sync, environment)
    STAMP.write_text(json.dumps(wanted_stamp(kind)))
    step(f"The environment is ready after {time.monotonic() - began:.0f} s")


def tools() -> tuple[str, pythons.Python]:
    uv = packages.find_uv(TOOLS, VENV / "bin" / "uv")
    python = pythons.choose(uv)
    if uv is None:
        step("Installing uv aside")
        uv = packages.install_uv(TOOLS, python.path, REQUIREMENTS / "dev.txt")
    return uv, python


def usable_venv() -> bool:
    """One of ours, whose Python still runs, and where it was made."""
    place = read_stamp().get("place", str(VENV))
    python = pythons.probe(str(VENV_PYTHON)) if VENV_PYTHON.exists() else None
    return python is not None and python.fits and place == str(VENV)


def examine() -> None:
    """The doctor's half that needs no environment; the other follows where there is one."""
    for finding in machine.look(REPOSITORY, TOOLS):
        print(finding.line(), flush=True)
    if not VENV_PYTHON.exists():
        print(machine.Finding("packages", "not installed yet; make run does it").line())
        sys.exit(0)


def lock() -> int:
    """Compile every requirements file anew, keeping the versions that still satisfy it."""
    uv, python = tools()
    environment = packages.uv_environment(python.path)
    for name in LOCKS:
        compile_lock(uv, environment, name, f"requirements/{name}.txt", upgrade="--upgrade" in sys.argv)
    return 0


def compile_lock(uv: str, environment: dict[str, str], name: str, output: str, *, upgrade: bool = False) -> None:
    command = [uv, "pip", "compile", *COMPILE, "--no-header", "-q", f"requirements/{name}.in", "-o", output]
    run(command + (["--upgrade"] if upgrade else []), environment)


def run(command: list[str], environment: dict[str, str]) -> None:
    """uv shows its own progress on a terminal and its own words when it fails."""
    if progress.run_uv(command, environment, idle=lambda: None) != 0:
        raise SetupStopped(f"{' '.join(command[1:3])} failed (see above); make doctor shows what was tried.")


def step(text: str) -> None:
    sys.stderr.write(f"lintel    {text}\n")  # aligned with what the supervisor says later


@contextmanager
def alone() -> Iterator[None]:
    """Two set-ups of one copy would write the same environment."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
