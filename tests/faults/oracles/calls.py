"""Every provider call is written down before it begins, and afterwards with what it used."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from tests.faults.oracles.facts import Attempt, Facts, Seen, Usage, by_request

UNREPORTED = {"report_usage", "odd_usage"}
LEFT = {"huge_event"}  # longer than any shipped prompt allows an answer to be: the call is left, and estimated
DIED = {"worker_lost", "lost"}
STOPPED = {"cancelled", "handed_over", "deadline_exceeded"}
CLOCKS_S = 0.05  # the row's time is Postgres's, the call's the provider's: one machine, two readings


def pairs(attempts: Sequence[Attempt], calls: Sequence[Seen]) -> tuple[list[tuple[Attempt, Seen | None]], list[Seen]]:
    """Each row with its call, and the calls that have none. A call is of the last row of its model that was there."""
    mine: dict[int, Seen] = {}
    orphans = []
    for call in sorted(calls, key=lambda call: float(call["started"])):
        free = [row for row in attempts if row.number not in mine and _may_be(row, call)]
        if free:
            mine[max(free, key=lambda row: row.started).number] = call
        else:
            orphans.append(call)
    return [(row, mine.get(row.number)) for row in attempts], orphans


def _may_be(row: Attempt, call: Seen) -> bool:
    return call["model"] == row.model and row.started <= datetime.fromtimestamp(call["started"] + CLOCKS_S, UTC)


def every_call_has_its_row(facts: Facts, *, most: int, unreached: bool = False) -> Iterator[str]:
    """I4: no call without a row; a row without a call is of a process that died, or of a provider out of reach."""
    attempts, usage = by_request(facts.attempts), _by_attempt(facts.usage)
    for request in facts.requests:
        rows, orphans = pairs(attempts[request.id], facts.calls.get(request.id, ()))
        for orphan in orphans:
            yield f"{request.id} has a call without a row: {orphan['id']} of {orphan['model']}"
        if len(rows) > most:
            yield f"{request.id} was asked for {len(rows)} times"
        for row, call in rows:
            if not row.outcome:
                yield f"{request.id} #{row.number} was never closed"
            elif call is None and (wrong := _uncalled(row, usage.get((request.id, row.number)), unreached=unreached)):
                yield f"{request.id} #{row.number} {wrong}"


def _uncalled(row: Attempt, usage: Usage | None, *, unreached: bool) -> str:
    """A row whose call the provider never saw."""
    if row.outcome in DIED | STOPPED:
        return "" if usage and (usage.estimated or not any(usage.tokens)) else f"({row.outcome}) is charged as exact"
    if not unreached:
        return f"ended {row.outcome} without a call"
    return "" if row.outcome == "provider_unavailable" else f"ended {row.outcome} at a provider that it never reached"


def answer_is_of_the_last_call(facts: Facts) -> Iterator[str]:
    """I3, I4: a request is done by whoever held it last, with that call's answer, and not by one who had lost it."""
    outcomes = {(row.request, row.number): row.outcome for row in facts.attempts}
    for request in facts.requests:
        outcome = outcomes.get((request.id, request.attempt))
        if request.status == "done" and outcome != "done":
            yield f"{request.id} is done, and its last call #{request.attempt} ended {outcome}"


def usage_is_the_bill(facts: Facts, *, unreached: bool = False) -> Iterator[str]:
    """I6: exact figures are the provider's own, completed calls have them, and all else is marked or nothing.

    ``unreached``: answers may also have been lost on their way.
    """
    unheard = DIED | STOPPED | ({"provider_unavailable"} if unreached else set())
    attempts, usage = by_request(facts.attempts), _by_attempt(facts.usage)
    for request in facts.requests:
        for row, seen in pairs(attempts[request.id], facts.calls.get(request.id, ()))[0]:
            record = usage.get((request.id, row.number))
            if record is None:
                yield f"{request.id} #{row.number} has no record of usage"
            elif seen is not None and (wrong := _wrong(row, record, seen, unheard)):
                yield f"{request.id} #{row.number}: {wrong} ({seen['script']})"


def _by_attempt(usage: Sequence[Usage]) -> dict[tuple[str, int], Usage]:
    """With an estimate's correction added to it: exact then."""
    found: dict[tuple[str, int], Usage] = {}
    for row in usage:
        before = found.get((row.request, row.attempt))
        found[row.request, row.attempt] = row if before is None else _sum(before, row)
    return found


def _sum(one: Usage, other: Usage) -> Usage:
    a, b, c, d = (x + y for x, y in zip(one.tokens, other.tokens, strict=True))
    return Usage(
        request=one.request, attempt=one.attempt, kind="call", estimated=False, tokens=(a, b, c, d), usd=one.usd
    )


def _wrong(row: Attempt, record: Usage, call: Seen, unheard: Collection[str]) -> str:
    bill = (
        call["input_tokens"] - call["cached_tokens"] - call["cache_write_tokens"],
        call["cached_tokens"],
        call["cache_write_tokens"],
        call["output_tokens"],
    )
    reported = not UNREPORTED & set(call["script"]) and call["script"].get("fault") not in LEFT
    # Where we left before the end, or the answer was lost on its way to us, an estimate is all that there can be.
    if call["completed"] and reported and row.outcome not in unheard:
        return "" if record.tokens == bill and not record.estimated else f"recorded {record}; billed {bill}"
    if not record.estimated and any(record.tokens) and record.tokens != bill:
        return f"recorded {record.tokens} as exact for a call without such figures"
    if call["outcome"] == "rejected" and call["status"] != 200 and any(record.tokens) and row.outcome not in DIED:
        return f"recorded {record.tokens} for a call that was turned down"
    return ""
