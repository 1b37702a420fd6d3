"""What a measurement found: a Markdown table for people, plain figures for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Figure = str | int | float | None
Rows = Sequence[Mapping[str, Figure]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Rows share their keys, which name the columns and their units; None is unknown."""

    how: str
    rows: Rows
    also: Rows = ()
    """A second table."""
    wrong: Sequence[str] = ()
    """What was not exact: with any of it the figures count for nothing."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def markdown(self) -> str:
        tables = [table(rows) for rows in (self.rows, self.also) if rows]
        return "\n\n".join([self.how, *tables, *(f"NOT EXACT: {what}" for what in self.wrong)])


def table(rows: Rows) -> str:
    names = list(rows[0])
    cells = [names, ["---", *["---:"] * (len(names) - 1)], *([shown(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def shown(figure: Figure) -> str:
    match figure:
        case None:
            return "unknown"
        case str():
            return figure
        case int():
            return f"{figure:,}"
        case _:
            return f"{figure:,.{2 if abs(figure) < 10 else 1 if abs(figure) < 100 else 0}f}"
