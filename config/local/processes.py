"""Processes named by pid and start time, so that a pid which was given to a stranger is never signalled."""

import json
import os
import platform
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from config.local.home import write_private

LINUX = platform.system() == "Linux"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process for as long as the machine runs: pids come back, a pid with its start time does not."""

    name: str
    pid: int
    started: str

    def alive(self) -> bool:
        return start_time(self.pid) == self.started

    def record(self, folder: Path) -> None:
        write_private(folder / f"{self.name}.json", json.dumps(asdict(self)))


def identify(name: str, pid: int) -> ProcessIdentity:
    return ProcessIdentity(name=name, pid=pid, started=start_time(pid) or "")


def recorded(folder: Path) -> list[ProcessIdentity]:
    """Every process that was noted here, alive or not; a torn note counts for nothing."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(ProcessIdentity(**json.loads(path.read_text())))
        except (OSError, ValueError, TypeError):
            path.unlink(missing_ok=True)
    return found


def forget(folder: Path, name: str) -> None:
    (folder / f"{name}.json").unlink(missing_ok=True)


def start_time(pid: int) -> str | None:
    """When this process began, in the system's own words; None when there is none or only its corpse."""
    return _start_time_linux(pid) if LINUX else _start_time_elsewhere(pid)


def _start_time_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return None if state in "ZX" else f"{boot}:{rest[18]}"


def _start_time_elsewhere(pid: int) -> str | None:
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def command_line(pid: int) -> str:
    """The words a process was started with; empty when it cannot be read."""
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def end(identity: ProcessIdentity, *, first: signal.Signals, grace: float) -> None:
    """Ask a process that is not our child to stop, then end whatever is left of its group."""
    if identity.alive():
        _signal(identity.pid, first)
    deadline = time.monotonic() + grace
    while identity.alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    while identity.alive():
        signal_group(identity.pid, signal.SIGKILL)
        time.sleep(0.02)


def signal_group(leader: int, number: signal.Signals) -> None:
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of corpses
        return


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
