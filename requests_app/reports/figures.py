"""The numbers of a day and of its report, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from pydantic import TypeAdapter

from ai.quality import Interval, wilson

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """One prompt version; without a version all of a prompt's, without a prompt everything."""

    prompt: str = ""
    version: str = ""

    @property
    def is_version(self) -> bool:
        return bool(self.version)

    def __str__(self) -> str:
        return f"{self.prompt}@{self.version}"


WHOLE = Subject()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What happened to one subject on one day; the names are QualityDay's columns, which say what each is."""

    done: int = 0
    rejected: int = 0
    failed: int = 0
    cancelled: int = 0
    served_again: int = 0
    stale: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    judged: int = 0
    refusals: int = 0
    up: int = 0
    down: int = 0
    calls: int = 0
    unpriced: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    lengths: int = 0
    length_p10: float | None = None
    length_p50: float | None = None
    length_p90: float | None = None
    first_tokens: int = 0
    first_token_p50: float | None = None
    first_token_p95: float | None = None
    first_token_p99: float | None = None
    totals: int = 0
    total_p50: float | None = None
    total_p95: float | None = None
    total_p99: float | None = None
    reviews: int = 0
    decided: int = 0
    overruled: int = 0

    @property
    def ended(self) -> int:
        return self.done + self.rejected + self.failed + self.cancelled

    @property
    def sent_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def failure_share(self) -> float | None:
        return share(self.failed, self.done + self.rejected + self.failed)

    @property
    def refusal_share(self) -> float | None:
        return share(self.refusals, self.judged)

    @property
    def approval(self) -> float | None:
        return share(self.up, self.up + self.down)

    @property
    def cache_share(self) -> float | None:
        """Of what was sent to models, how much they had kept from earlier calls."""
        return share(self.cache_read_tokens, self.sent_tokens)

    @property
    def served_again_share(self) -> float | None:
        return share(self.served_again, self.done)

    @property
    def overrule_share(self) -> float | None:
        return share(self.overruled, self.decided)


Day = dict[Subject, Figures]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUse:
    """Windows of budgets that ended on the day: how many reached 80 percent of their limit, and all of it."""

    windows: int = 0
    warned: int = 0
    full: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Ratings of a prompt version against the line, at least one, over the last ``days`` days."""

    subject: Subject
    days: int
    approved: int
    ratings: int
    below: bool

    @property
    def rate(self) -> float:
        return self.approved / self.ratings

    @property
    def interval(self) -> Interval:
        found = wilson(self.approved, self.ratings)
        assert found is not None  # noqa: S101 - there is a rating
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """Answers of a prompt version are ``times`` as long as they usually were in the days before."""

    subject: Subject
    length: float
    times: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A figure of a prompt version that is far from what it usually was in the days before."""

    subject: Subject
    measure: str
    usual: float
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    subject: Subject
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole day in the words of its report."""

    format: int = FORMAT
    day: date
    zone: str
    starts: datetime
    ends: datetime
    whole: Figures
    parts: tuple[Part, ...]
    """Of each prompt version, by name."""
    lines: tuple[Line, ...]
    """The worst first; a version may stand here twice, for the day and for the last fourteen."""
    drifted: tuple[Drifted, ...]
    movers: tuple[Mover, ...]
    budgets: BudgetUse

    @property
    def below(self) -> tuple[Line, ...]:
        """One for each prompt version below the line."""
        first = {line.subject: line for line in reversed(self.lines) if line.below}
        return tuple(sorted(first.values(), key=lambda line: line.rate))

    @property
    def alarming(self) -> bool:
        return bool(self.below or self.drifted)

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = _REPORTS.dump_python(self, mode="json")
        return document

    @classmethod
    def of_json(cls, document: dict[str, Any]) -> Self:
        report: Self = _REPORTS.validate_python(document)
        return report


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


_REPORTS: TypeAdapter[Any] = TypeAdapter(Report)
