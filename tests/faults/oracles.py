"""What must hold after any run with faults: each oracle gives the violations that it finds, in words.

They compare what Lintel stored (by SQL), what the fake provider saw (its ledger), and what readers put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Sql = Callable[..., list[tuple[Any, ...]]]
Seen = Mapping[str, Any]  # a call of the fake's ledger, as JSON

FINAL = ("done", "failed", "cancelled", "expired")
UNREPORTED = {"report_usage", "odd_usage"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A request under test: what the provider saw of it in order, and what its reader put together."""

    id: str
    calls: Sequence[Seen]
    assembled: str


def every_request_ended(sql: Sql, subjects: Sequence[Subject]) -> Iterator[str]:
    """I1, once the run is over: one final status each, within the deadline and a minute, and nobody's any more."""
    for subject in subjects:
        [(status, lease, late)] = sql(
            "SELECT status, lease_id, completed - deadline > interval '60 s' FROM requests_app_airequest WHERE id = %s",
            subject.id,
        )
        if status not in FINAL or lease is not None or late:
            yield f"{subject.id} is {status}, lease {lease}, late: {late}"


def nothing_follows_an_end(sql: Sql, subjects: Sequence[Subject]) -> Iterator[str]:
    """I2, as far as rows can tell: no call begins after its request's end, and no text of it is left in the log."""
    for subject in subjects:
        [(calls, chunks)] = sql(
            "SELECT"
            " (SELECT count(*) FROM requests_app_aiattempt a WHERE a.request_id = r.id AND a.started > r.completed),"
            " (SELECT count(*) FROM requests_app_streamchunk c WHERE c.request_id = r.id)"
            " FROM requests_app_airequest r WHERE id = %s",
            subject.id,
        )
        if calls or chunks:
            yield f"{subject.id} has {calls} calls and {chunks} chunks after its end"


def every_call_has_its_row(sql: Sql, subjects: Sequence[Subject], *, most: int) -> Iterator[str]:
    """I4 where no process died: the rows are the calls, in their order, and never more than the allowed number."""
    for subject in subjects:
        rows = sql(
            "SELECT model, outcome FROM requests_app_aiattempt WHERE request_id = %s ORDER BY number", subject.id
        )
        if [model for model, _outcome in rows] != [call["model"] for call in subject.calls]:
            yield f"{subject.id} has rows {rows} for calls {[call['model'] for call in subject.calls]}"
        if len(rows) > most or not all(outcome for _model, outcome in rows):
            yield f"{subject.id} has {len(rows)} calls, outcomes {[outcome for _model, outcome in rows]}"


LEFT = {"huge_event"}  # longer than any shipped prompt allows an answer to be: the call is left, and estimated


def usage_is_the_bill(sql: Sql, subjects: Sequence[Subject]) -> Iterator[str]:
    """I6: exact figures are the provider's own, completed calls have them, and all else is marked or nothing."""
    for subject in subjects:
        rows = sql(
            "SELECT estimated, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens"
            " FROM ai_llmusagelog WHERE reference = %s AND kind = 'call' ORDER BY attempt",
            subject.id,
        )
        if len(rows) != len(subject.calls):
            yield f"{subject.id} has {len(rows)} records of {len(subject.calls)} calls"
            continue
        for (estimated, *tokens), call in zip(rows, subject.calls, strict=True):
            if wrong := _wrong_usage(estimated=estimated, tokens=tokens, call=call):
                yield f"{subject.id}: {wrong} ({call['script']})"


def _wrong_usage(*, estimated: bool, tokens: list[int], call: Seen) -> str:
    bill = [
        call["input_tokens"] - call["cached_tokens"] - call["cache_write_tokens"],
        call["cached_tokens"],
        call["cache_write_tokens"],
        call["output_tokens"],
    ]
    if call["completed"] and not UNREPORTED & set(call["script"]) and call["script"].get("fault") not in LEFT:
        return "" if tokens == bill and not estimated else f"recorded {tokens}, estimated: {estimated}; billed {bill}"
    if not estimated and tokens != [0, 0, 0, 0]:
        return f"recorded {tokens} as exact for a call without figures"
    if call["outcome"] == "rejected" and call["status"] != 200 and any(tokens):
        return f"recorded {tokens} for a call that was turned down"
    return ""


def text_is_the_script(sql: Sql, subjects: Sequence[Subject]) -> Iterator[str]:
    """I8: what the reader has, what is stored and what was sent are one text; a broken one is its beginning."""
    for subject in subjects:
        [(status, result, partial)] = sql(
            "SELECT status, result, partial FROM requests_app_airequest WHERE id = %s", subject.id
        )
        stored = result if status == "done" else partial
        sent = storable(subject.calls[-1]["text"]) if subject.calls else ""
        if subject.assembled != stored:
            yield f"{subject.id} ({status}): read {subject.assembled!r}, stored {stored!r}"
        if status == "done" and not (stored == sent and subject.calls[-1]["completed"]):
            yield f"{subject.id} is done with {stored!r}, sent was {sent!r}"
        if not sent.startswith(stored):
            yield f"{subject.id} ({status}): {stored!r} is no beginning of {sent!r}"


def storable(text: str) -> str:
    """UTF-16 joins the halves of a pair; what cannot be stored is U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
