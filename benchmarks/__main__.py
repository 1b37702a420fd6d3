"""`make bench`: every measurement, or those that are named, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.bed import machine

MEASUREMENTS = (
    "start",
    "accept",
    "first_token",
    "streams",
    "long_streams",
    "live",
    "sockets",
    "slow_reader",
    "live_publishing",
    "holds",
    "claims",
    "costs",
    "recovery",
    "traffic",
    "bad_hour",
    "dashboards",
    "ingest",
    "retrieval",
    "questions",
)


def description(name: str) -> str:
    """The first line of the measurement's own docstring."""
    return str(import_module(f"benchmarks.{name}").__doc__).partition("\n")[0]


def known(name: str) -> str:
    if name not in MEASUREMENTS:
        raise argparse.ArgumentTypeError(f"there is no measurement {name}; there are {', '.join(MEASUREMENTS)}")
    return name


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='make bench ARGS="..."',
        description="Measure all, or what is named:\n\n"
        + "\n".join(f"  {name:16} {description(name)}" for name in MEASUREMENTS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", type=known, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="small and once: shows that it works, measures nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    names = options.names or MEASUREMENTS
    began = datetime.now(UTC).isoformat(timespec="seconds")
    where = {"machine": machine(), "began": began, "quick": options.quick}
    found = measured(names[0], quick=options.quick) if len(names) == 1 else each(names, quick=options.quick)
    if options.json:
        options.json.write_text(json.dumps({**where, "measurements": found}, indent=2, ensure_ascii=False) + "\n")
    return verdict(names, found)


def verdict(names: Sequence[str], found: Mapping[str, Any]) -> int:
    """The exit code: 0 only where everything was measured, and every stream exact."""
    return 0 if set(names) == set(found) and not any(one["wrong"] for one in found.values()) else 1


def measured(name: str, *, quick: bool) -> dict[str, Any]:
    print(f"## {name}\n\n{description(name)}\n\n{machine()}", flush=True)
    report = import_module(f"benchmarks.{name}").measure(quick=quick)
    print(f"{report.markdown()}\n", flush=True)
    return {name: {"what": description(name), **report.as_json()}}


def each(names: Sequence[str], *, quick: bool) -> dict[str, Any]:
    """What broke leaves no figures, and does not keep the others from being measured."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            file = Path(folder) / name
            command = [sys.executable, "-m", "benchmarks", name, "--json", str(file), *["--quick"] * quick]
            subprocess.run(command, check=False)
            if file.exists():
                found |= json.loads(file.read_text())["measurements"]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
