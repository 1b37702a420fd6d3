"""No budget is overspent, and what was held is settled or given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from tests.faults.oracles.facts import FINAL, Facts, Usage

GRACE = timedelta(seconds=60)
NOTHING = Decimal(0)


def spending_is_booked_once(facts: Facts) -> Iterator[str]:
    """I5, I7: each request's part in each window is the sum of its usage records, and of nothing else."""
    spent: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for record in facts.usage:
        for measure in ("tokens", "usd"):
            spent[record.request, measure] += _amount(record, measure)
    for share in facts.shares:
        if share.used != spent[share.request, share.measure]:
            booked, used = share.used, spent[share.request, share.measure]
            yield f"{share.request} has {booked} {share.measure} booked and used {used}"
    holding = {share.request for share in facts.shares}
    for request in facts.requests:
        if request.id not in holding:
            yield f"{request.id} has no hold"


def _amount(record: Usage, measure: str) -> Decimal:
    return Decimal(sum(record.tokens)) if measure == "tokens" else (record.usd or NOTHING)


def windows_are_the_sums_of_their_shares(facts: Facts) -> Iterator[str]:
    """I5: used is what was settled, held is what is open, to the last digit."""
    used: dict[str, Decimal] = defaultdict(Decimal)
    held: dict[str, Decimal] = defaultdict(Decimal)
    for share in facts.shares:
        used[share.window] += share.used
        held[share.window] += share.held
    for window in facts.windows:
        if (window.used, window.held) != (used[window.id], held[window.id]):
            there = f"used {window.used}, held {window.held}"
            yield f"window {window.id} has {there}; its shares have {used[window.id]} and {held[window.id]}"


def limits_hold_at_every_rise(facts: Facts) -> Iterator[str]:
    """I5: whenever more was held, by an acceptance or a top-up, it was within the limit."""
    for rise in facts.rises:
        if rise.limit is not None and rise.used + rise.held > rise.limit:
            yield f"window {rise.window} took {rise.used} + {rise.held} against a limit of {rise.limit}"


def overshoot_is_the_estimates_error(facts: Facts) -> Iterator[str]:
    """I5: a window is over its limit at most by what exact figures exceeded the estimates that they correct, and by
    what providers sent beyond the answer's length that they were told."""
    late: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for record in facts.usage:
        if record.kind == "correction":
            for measure in ("tokens", "usd"):
                late[record.request, measure] += max(NOTHING, _amount(record, measure))
        elif record.tokens[-1] > record.most:
            late[record.request, "tokens"] += record.tokens[-1] - record.most
            late[record.request, "usd"] += record.usd or NOTHING
    allowed: dict[str, Decimal] = defaultdict(Decimal)
    for share in facts.shares:
        allowed[share.window] += late[share.request, share.measure]
    for window in facts.windows:
        if window.limit is not None and window.used + window.held > window.limit + allowed[window.id]:
            there = f"{window.used} + {window.held} of {window.limit}"
            yield f"window {window.id} has {there}; estimates were wrong by {allowed[window.id]}"


def nothing_is_held_for_the_dead(facts: Facts) -> Iterator[str]:
    """I9: no open hold of an ended request, and none that is a minute older than its deadline."""
    ended = {request.id for request in facts.requests if request.status in FINAL}
    for share in facts.shares:
        if share.state == "open" and share.request in ended:
            yield f"{share.request} has ended and its hold is open"
        elif share.state == "open" and facts.now > share.expires + GRACE:
            yield f"the hold of {share.request} is open and ran out at {share.expires}"
        elif share.state != "open" and share.held:
            yield f"the closed hold of {share.request} still has {share.held}"


def race_took_exactly(*, room: int, accepted: int, refused: int, asked: int, disturbed: int = 0) -> Iterator[str]:
    """I5: of many at once, as many are accepted as there is room for, and all others are told.

    ``disturbed`` is how often an accepted one ended, or was asked again, before the race was over.
    """
    if abs(accepted - min(room, asked)) > disturbed or accepted + refused != asked:
        yield f"a race of {asked} for {room} places: {accepted} accepted, {refused} refused"
