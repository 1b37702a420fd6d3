"""A list of requests as CSV, without their texts: what was sent and answered stays where its owner alone reads it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from django.db.models import QuerySet

from requests_app.models import AIRequest
from requests_app.paging import page_of

COLUMNS = (
    "id", "status", "prompt_key", "prompt_version", "object_id", "model", "provider", "input_tokens",
    "cache_read_tokens", "cache_write_tokens", "output_tokens", "usage_estimated", "cost_usd", "error_code",
    "created", "started", "first_token", "completed",
)  # fmt: skip
BATCH, MOST_BATCHES = 1_000, 100  # fewer than config.bridge holds: a slow reader keeps no thread
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
UNKNOWN = "unknown"


def csv_of(requests: QuerySet[AIRequest]) -> Iterator[str]:
    """The newest 100,000, in batches. Each is a short query of its own: no cursor waits for a slow client."""
    yield lines([COLUMNS])
    after = None
    for _batch in range(MOST_BATCHES):
        page = page_of(requests.only(*COLUMNS), after, size=BATCH)
        yield lines(cells(row) for row in page.rows)
        if page.next is None:
            return
        after = page.next


def cells(row: AIRequest) -> list[str]:
    return [cell(_known(row, name)) for name in COLUMNS]


def cell(value: Any) -> str:
    """Spreadsheets run what looks like a formula: such text gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f"{value:f}" if hasattr(value, "as_tuple") else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _known(row: AIRequest, name: str) -> Any:
    """A cost that nobody knows is not an empty cell, which sums as nothing."""
    value = getattr(row, name)
    called = row.final and row.output_tokens is not None and row.model
    return UNKNOWN if name == "cost_usd" and value is None and called else value


def lines(rows: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
