"""The Procfile: what runs beside the servers, each line a name and a shell command."""

import re
from collections.abc import Mapping
from pathlib import Path

from config.local.child import Child, Command
from config.local.errors import LocalError
from config.local.home import Home

LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(.+)")


def read_procfile(path: Path) -> dict[str, str]:
    """Names and commands in the order they are written."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise LocalError(f"{path.name}, line {number} is not `name: command`: {line.strip()}")
        found[match[1]] = match[2]
    return found


class Process:
    """One line of the Procfile, run so that signals reach the program and not a shell."""

    def __init__(
        self, name: str, line: str, *, home: Home, environment: Mapping[str, str], grace: float = 10.0
    ) -> None:
        self.name = name
        self.child: Child | None = None
        self._home = home
        self._command = Command(
            name=name, arguments=["/bin/sh", "-c", f"exec {line}"], environment=environment, grace=grace
        )

    def start(self) -> None:
        self.child = Child(self._command, self._home)

    def running(self) -> bool:
        return self.child is not None and self.child.exit_code() is None

    def ask_to_stop(self) -> None:
        if self.child is not None:
            self.child.ask()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
