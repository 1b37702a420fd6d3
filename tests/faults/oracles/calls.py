"""Every provider call is written down before it begins, and afterwards with what it used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tests.faults.oracles.facts import Attempt, Facts, Seen, Usage, by_request

UNREPORTED = {"report_usage", "odd_usage"}
LEFT = {"huge_event"}  # longer than any shipped prompt allows an answer to be: the call is left, and estimated
DIED = {"worker_lost", "lost"}
STOPPED = {"cancelled", "handed_over", "deadline_exceeded"}
CLOCKS_S = 0.001  # Postgres and the provider read one machine's clock; a retry's row may follow within milliseconds

Pairing = Sequence[tuple[Attempt, Seen | None]]


def pairings(attempts: Sequence[Attempt], calls: Sequence[Seen]) -> Iterator[tuple[Pairing, list[Seen]]]:
    """Each way to give every call a row of its model that was there before it, and the calls for which none was there.

    Times do not always tell: what a killed or frozen process sent may be seen after its successor's row, or call.
    """
    for mine, orphans in _given(sorted(calls, key=lambda call: float(call["started"])), attempts):
        yield [(row, mine.get(row.number)) for row in attempts], orphans


def _given(calls: Sequence[Seen], free: Sequence[Attempt]) -> Iterator[tuple[dict[int, Seen], list[Seen]]]:
    """The likeliest first: a call is of the last row that was there."""
    if not calls:
        yield {}, []
        return
    call, *others = calls
    rows = sorted((row for row in free if _may_be(row, call)), key=lambda row: row.started, reverse=True)
    for row in rows:
        for mine, orphans in _given(others, [each for each in free if each is not row]):
            yield {row.number: call, **mine}, orphans
    if not rows:
        for mine, orphans in _given(others, free):
            yield mine, [call, *orphans]


def _may_be(row: Attempt, call: Seen) -> bool:
    return call["model"] == row.model and row.started <= datetime.fromtimestamp(call["started"] + CLOCKS_S, UTC)


def _of_the_best(judged: Iterable[Iterator[str]]) -> list[str]:
    """What is wrong whichever call was of which row."""
    return min((list(found) for found in judged), key=len)


def every_call_has_its_row(facts: Facts, *, most: int, unreached: bool = False) -> Iterator[str]:
    """I4: no call without a row; a row without a call is of a process that died, or of a provider out of reach."""
    attempts, usage = by_request(facts.attempts), _by_attempt(facts.usage)
    for request in facts.requests:
        rows = attempts[request.id]
        if len(rows) > most:
            yield f"{request.id} was asked for {len(rows)} times"
        for row in rows:
            if not row.outcome:
                yield f"{request.id} #{row.number} was never closed"
        yield from _of_the_best(
            _unmatched(request.id, pairing, orphans, usage, unreached=unreached)
            for pairing, orphans in pairings(rows, facts.calls.get(request.id, ()))
        )


def _unmatched(
    request: str, pairing: Pairing, orphans: Sequence[Seen], usage: Mapping[tuple[str, int], Usage], *, unreached: bool
) -> Iterator[str]:
    for orphan in orphans:
        yield f"{request} has a call without a row: {orphan['id']} of {orphan['model']}"
    for row, call in pairing:
        if (
            row.outcome
            and call is None
            and (wrong := _uncalled(row, usage.get((request, row.number)), unreached=unreached))
        ):
            yield f"{request} #{row.number} {wrong}"


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
        yield from _of_the_best(
            _misbilled(pairing, usage, unheard)
            for pairing, _orphans in pairings(attempts[request.id], facts.calls.get(request.id, ()))
        )


def _misbilled(pairing: Pairing, usage: Mapping[tuple[str, int], Usage], unheard: Collection[str]) -> Iterator[str]:
    for row, seen in pairing:
        record = usage.get((row.request, row.number))
        if record is None:
            yield f"{row.request} #{row.number} has no record of usage"
        elif seen is not None and (wrong := _wrong(row, record, seen, unheard)):
            yield f"{row.request} #{row.number}: {wrong} ({seen['script']})"


def _by_attempt(usage: Sequence[Usage]) -> dict[tuple[str, int], Usage]:
    """With an estimate's correction added to it: exact then."""
    found: dict[tuple[str, int], Usage] = {}
    for row in usage:
        before = found.get((row.request, row.attempt))
        found[row.request, row.attempt] = row if before is None else _sum(before, row)
    return found


def _sum(one: Usage, other: Usage) -> Usage:
    a, b, c, d = (x + y for x, y in zip(one.tokens, other.tokens, strict=True))
    return replace(one, kind="call", estimated=False, tokens=(a, b, c, d))


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
