"""What a run left behind: the rows of its requests, what the provider saw of them, and what clients were told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

Sql = Callable[..., list[tuple[Any, ...]]]
Seen = Mapping[str, Any]  # a call of the fake's ledger, as JSON
Row = TypeVar("Row")

FINAL = ("done", "failed", "cancelled", "expired", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    id: str
    user: str
    status: str
    attempt: int
    takeovers: int
    lease: str | None
    result: str | None
    partial: str
    error_code: str
    deadline: datetime
    completed: datetime | None
    question: str

    @property
    def stored(self) -> str:
        return self.partial if self.result is None else self.result


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    request: str
    source: str
    target: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The row of a call."""

    request: str
    number: int
    model: str
    outcome: str
    started: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """``tokens`` are uncached, read from the cache, written to it, and the answer's, which should have ``most``."""

    request: str
    attempt: int
    kind: str
    estimated: bool
    tokens: tuple[int, int, int, int]
    usd: Decimal | None
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A hold's part in a window, with the state of the hold."""

    request: str
    window: str
    measure: str
    state: str
    expires: datetime
    held: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    id: str
    budget: str
    measure: str
    starts: datetime
    ends: datetime
    limit: Decimal | None
    used: Decimal
    held: Decimal
    announced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A window at the moment at which more was held in it: an acceptance or a top-up."""

    window: str
    used: Decimal
    held: Decimal
    limit: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A change of the lease that a request names."""

    request: str
    before: str | None
    after: str | None
    attempt_before: int
    attempt_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The text that one reader put together, to the end of the stream."""

    request: str
    text: str
    status: str
    cuts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client was told of a request: when it asked and was told, in seconds, and the status."""

    request: str
    asked: float
    told: float
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An acceptance under an Idempotency-Key."""

    user: str
    key: str
    mark: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """``calls`` and all rows but windows are of the run's own requests; ``healed`` is when the last fault ended.

    ``chunks`` and ``strays`` are requests: those with rows in the chunk log, and those for which a worker wrote text
    when another had claimed them.
    """

    healed: datetime
    now: datetime
    requests: Sequence[Request] = ()
    moves: Sequence[Move] = ()
    attempts: Sequence[Attempt] = ()
    usage: Sequence[Usage] = ()
    shares: Sequence[Share] = ()
    windows: Sequence[Window] = ()
    chunks: Sequence[str] = ()
    rises: Sequence[Rise] = ()
    takings: Sequence[Taking] = ()
    strays: Sequence[str] = ()
    calls: Mapping[str, Sequence[Seen]] = field(default_factory=dict)
    readings: Sequence[Reading] = ()
    answers: Sequence[Answer] = ()
    named: Sequence[Named] = ()


def by_request(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """In the order in which they stand."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.request].append(row)
    return found


QUERIES: Mapping[str, tuple[type[Any], str]] = {
    "requests": (
        Request,
        "SELECT id::text, user_id::text AS user, status, attempt, takeovers, lease_id::text AS lease, result, partial,"
        " error_code, deadline, completed, coalesce(payload ->> 'document', '') AS question"
        " FROM requests_app_airequest WHERE id = ANY(%s::uuid[])",
    ),
    "moves": (
        Move,
        "SELECT request_id::text AS request, source, target, attempt FROM requests_app_requestmove"
        " WHERE request_id = ANY(%s::uuid[]) ORDER BY id",
    ),
    "attempts": (
        Attempt,
        "SELECT request_id::text AS request, number, model, outcome, started FROM requests_app_aiattempt"
        " WHERE request_id = ANY(%s::uuid[]) ORDER BY number",
    ),
    "usage": (
        Usage,
        "SELECT reference::text AS request, log.attempt, kind, estimated,"
        " ARRAY[log.input_tokens, log.cache_read_tokens, log.cache_write_tokens, log.output_tokens] AS tokens,"
        " log.cost_usd AS usd, (content::jsonb ->> 'max_tokens')::int AS most FROM ai_llmusagelog AS log"
        " JOIN requests_app_airequest AS request ON request.id = reference"
        " JOIN ai_prompttemplate AS template ON template.id = template_id"
        " WHERE reference = ANY(%s::uuid[]) ORDER BY log.attempt, kind",
    ),
    "shares": (
        Share,
        "SELECT share.hold_id::text AS request, share.window_id::text AS window, measure, state, expires,"
        " share.held, share.used FROM requests_app_holdshare AS share"
        " JOIN requests_app_budgethold AS hold ON hold.reference = share.hold_id"
        " JOIN requests_app_budgetwindow AS window_ ON window_.id = share.window_id"
        " JOIN requests_app_tokenbudget AS budget ON budget.id = window_.budget_id"
        " WHERE share.hold_id = ANY(%s::uuid[])",
    ),
}
WINDOWS = (
    'SELECT window_.id::text, budget_id::text AS budget, measure, starts, ends, "limit", used, held, announced'
    " FROM requests_app_budgetwindow AS window_ JOIN requests_app_tokenbudget AS budget ON budget.id = budget_id"
    " WHERE budget_id IN (SELECT budget_id FROM requests_app_holdshare JOIN requests_app_budgetwindow AS met"
    " ON met.id = window_id WHERE hold_id = ANY(%s::uuid[]))"
)
CHUNKS = "SELECT DISTINCT request_id::text FROM requests_app_streamchunk WHERE request_id = ANY(%s::uuid[])"


def look(sql: Sql, ids: Sequence[str], **seen: Any) -> Facts:
    """The rows of these requests; ``seen`` is what the database does not know."""
    [(now,)] = sql("SELECT clock_timestamp()")
    found: dict[str, Any] = {name: rows_of(kind, query, sql, ids) for name, (kind, query) in QUERIES.items()}
    found["windows"] = rows_of(Window, WINDOWS, sql, ids)
    found["chunks"] = [request for (request,) in sql(CHUNKS, list(ids))]
    return Facts(**{"now": now, "healed": now, **found, **seen})


def rows_of(kind: Callable[..., Row], query: str, sql: Sql, *parameters: object) -> list[Row]:
    """Rows as values; the fields stand in the order of the columns."""
    names = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]  # all that are handed in are dataclasses
    return [
        kind(**{name: tuple(value) if name == "tokens" else value for name, value in zip(names, row, strict=True)})
        for row in sql(query, *(list(each) if isinstance(each, tuple) else each for each in parameters))
    ]
