"""One submission is one request, however often it was sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.faults.oracles.facts import Facts


def one_request_a_key(facts: Facts) -> Iterator[str]:
    """I7: all acceptances under a key name one request, and it is the only one with this submission's text."""
    under: dict[tuple[str, str], set[str]] = defaultdict(set)
    for told in facts.named:
        under[told.user, told.key].add(told.request)
    for (user, key), requests in under.items():
        if len(requests) > 1:
            yield f"the key {key} of {user} names {sorted(requests)}"
    questions = {request.id: request.question for request in facts.requests}
    for told in facts.named:
        if told.mark not in questions.get(told.request, ""):
            yield f"{told.request}, accepted under {told.key}, is another submission"


def nothing_was_made_twice(facts: Facts) -> Iterator[str]:
    """I7: no request that nobody was told of: clients ask again until they know, so each row has its client."""
    known = {told.request for told in facts.named}
    for request in facts.requests:
        if request.id not in known:
            yield f"{request.id} is nobody's: {request.question[:60]!r}"


def one_record_a_call(facts: Facts) -> Iterator[str]:
    """I7: one usage record of each kind a call."""
    counts = Counter((record.request, record.attempt, record.kind) for record in facts.usage)
    for (request, attempt, kind), count in counts.items():
        if count > 1:
            yield f"{request} #{attempt} has {count} records of the kind {kind}"
