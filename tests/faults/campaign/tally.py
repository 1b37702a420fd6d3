"""The figures of one round or of many, and what they bound."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path

KEPT = 20  # violations of one oracle that are told in full


def rule_of_three(n: int) -> float | None:
    """With nothing seen in n tries, the rate lies below this with 95 % confidence (Hanley and Lippman-Hand 1983)."""
    return min(1.0, 3 / n) if n else None


@dataclass(slots=True, kw_only=True)
class Tally:
    """``operations`` by question and outcome, ``ends`` by status, ``violations`` by oracle."""

    seeds: list[int] = field(default_factory=list)
    seconds: float = 0.0
    accepted: int = 0
    refused: int = 0
    kills: int = 0
    races: int = 0
    cut_readings: int = 0
    readings: int = 0
    calls: int = 0
    takeovers: int = 0
    mails: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    provider_faults: Counter[str] = field(default_factory=Counter)
    connections: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)  # processes that ended by themselves
    violations: dict[str, list[str]] = field(default_factory=dict)

    @property
    def found(self) -> int:
        return sum(len(each) for each in self.violations.values())

    def add(self, other: Tally) -> None:
        for name in ("seconds", "accepted", "refused", "kills", "races", "cut_readings", "readings", "calls",
                     "takeovers", "mails"):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seeds += other.seeds
        self.left += other.left
        for name in ("operations", "ends", "faults", "provider_faults"):
            getattr(self, name).update(getattr(other, name))
        for name, most in other.connections.items():
            self.connections[name] = max(most, self.connections.get(name, 0))
        for oracle, found in other.violations.items():
            self.violations.setdefault(oracle, []).extend(found)

    def bounds(self) -> dict[str, float | None]:
        """Upper bounds at 95 % of the rate of violations; None where some were found, or nothing was tried."""
        tries = {"per accepted request": self.accepted, "per kill": self.kills, "per race": self.races}
        return {name: None if self.found else rule_of_three(n) for name, n in tries.items()}

    def as_json(self) -> str:
        own = {each.name: getattr(self, each.name) for each in fields(self)}  # asdict() would recount the counters
        told = {**own, "violations_found": self.found, "upper_bounds_95": self.bounds()}
        return json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n"

    def markdown(self) -> str:
        title = ["# Fault campaign", "", f"{len(self.seeds)} rounds in {self.seconds / 60:.1f} min, seeds {self.seeds}"]
        return "\n".join([*title, "", *self._figures(), *self._counts(), *self._words()]) + "\n"

    def _figures(self) -> Iterator[str]:
        yield from ("| what | how many |", "|---|---|")
        figures = {
            "requests accepted": self.accepted,
            "refused by a budget or a limit": self.refused,
            "provider calls": self.calls,
            "take-overs": self.takeovers,
            "workers killed": self.kills,
            "races for a budget": self.races,
            "readers to the end": self.readings,
            "of these cut off at least once": self.cut_readings,
            "mails": self.mails,
            "processes that ended by themselves": len(self.left),
            "violations": self.found,
        }
        figures |= {f"most connections to {name}": most for name, most in self.connections.items()}
        yield from (f"| {name} | {count} |" for name, count in figures.items())
        for name, bound in self.bounds().items():
            yield f"| upper bound of violations {name} (95 %) | {'none' if bound is None else f'{bound:.5f}'} |"

    def _counts(self) -> Iterator[str]:
        counts = {
            "Faults": self.faults,
            "Ends": self.ends,
            "Operations": self.operations,
            "Faults of the provider": self.provider_faults,
        }
        for title, each in counts.items():
            yield from ("", f"## {title}", "", ", ".join(f"{name} {count}" for name, count in sorted(each.items())))

    def _words(self) -> Iterator[str]:
        yield from ("", "## Violations", "")
        yield from [f"* {oracle}: {len(found)}" for oracle, found in self.violations.items()] or ["None."]
        for oracle, found in {**self.violations, "Ended by themselves": self.left}.items():
            if found:
                yield from ("", f"### {oracle}", "", *(f"* {each}" for each in found[:KEPT]))

    def write(self, folder: Path) -> None:
        """Whole or not at all: a run that is killed leaves the figures of its last round."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in {"tally.json": self.as_json(), "tally.md": self.markdown()}.items():
            aside = folder / f".{name}"
            aside.write_text(text)
            aside.replace(folder / name)
