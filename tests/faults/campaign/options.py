"""How large a campaign is, and which seed it replays: arguments, else ``LINTEL_FAULTS_*``, else these."""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from config.local.home import REPOSITORY

FIGURES = REPOSITORY / ".local" / "faults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Of one round, but for ``minutes``: 0 is one round, else rounds with new seeds until so much time has passed."""

    seed: int
    kills: int = 20
    cuts: int = 20
    races: int = 20
    racers: int = 50
    clients: int = 6
    minutes: float = 0.0
    report: Path | None = None


def from_environment() -> Options:
    return parse([])


def parse(arguments: Sequence[str]) -> Options:
    """Raises SystemExit with a sentence where something is no number."""
    parser = argparse.ArgumentParser(prog='make faults ARGS="..."', description=__doc__)
    parser.add_argument("--seed", type=int, default=number("SEED", int(time.time()) % 1_000_000))
    parser.add_argument("--kills", type=int, default=number("KILLS", 20), help="workers killed in mid-stream")
    parser.add_argument("--cuts", type=int, default=number("CUTS", 20), help="readers cut off, at the least")
    parser.add_argument("--races", type=int, default=number("RACES", 20), help="races for a budget")
    parser.add_argument("--racers", type=int, default=number("RACERS", 50), help="submissions at once in a race")
    parser.add_argument("--clients", type=int, default=number("CLIENTS", 6), help="clients that keep it busy")
    parser.add_argument("--minutes", type=float, default=number("MINUTES", 0), help="go on with new seeds so long")
    parser.add_argument(
        "--report",
        type=Path,
        help="a folder for tally.json and tally.md, written after each round, and for the logs of one that failed",
    )
    options = Options(**vars(parser.parse_args(arguments)))
    return replace(options, report=FIGURES) if options.minutes and not options.report else options


def number(name: str, default: int) -> int:
    return int(os.environ.get(f"LINTEL_FAULTS_{name}", default))


def seed_after(seed: int) -> int:
    """The next round's seed: a long run replays from its first one, and each round from its own."""
    return random.Random(seed).randrange(1_000_000)
