"""Every request comes to one end, once, and is in one pair of hands at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from tests.faults.oracles.facts import FINAL, Facts, by_request

GRACE = timedelta(seconds=60)


def every_request_ended(facts: Facts) -> Iterator[str]:
    """I1: one final status, or review, within the deadline and a minute, or a minute after the last fault."""
    moves = by_request(facts.moves)
    for request in facts.requests:
        ends = [move.target for move in moves[request.id] if move.target in (*FINAL, "review")]
        if request.status not in (*FINAL, "review") or ends[-1:] != [request.status] or request.lease is not None:
            yield f"{request.id} is {request.status}, lease {request.lease}, with the ends {ends}"
        elif request.completed and request.completed > max(request.deadline, facts.healed) + GRACE:
            yield f"{request.id} ended at {request.completed}, its deadline was {request.deadline}"


def nothing_is_lost(facts: Facts) -> Iterator[str]:
    """I1: what a client was told is accepted is there."""
    known = {request.id for request in facts.requests}
    for told in facts.named:
        if told.request not in known:
            yield f"{told.request} was accepted under {told.key} and is gone"


def nothing_follows_an_end(facts: Facts) -> Iterator[str]:
    """I2: the log of moves is one chain that begins with acceptance and has nothing behind a final status."""
    for request_id, moves in by_request(facts.moves).items():
        if moves[0].source != "" or any(before.target != after.source for before, after in pairwise(moves)):
            yield f"{request_id} moved {[(move.source, move.target) for move in moves]}"
        if any(move.source in FINAL for move in moves):
            yield f"{request_id} left a final status: {[(move.source, move.target) for move in moves]}"


def no_client_saw_an_end_undone(facts: Facts) -> Iterator[str]:
    """I2, as seen from outside: whoever asks after somebody was told of an end is told the same."""
    for request_id, answers in by_request(facts.answers).items():
        ends = [answer for answer in answers if answer.status in FINAL]
        if not ends:
            continue
        first = min(ends, key=lambda answer: answer.told)
        for answer in answers:
            if answer.asked > first.told and answer.status != first.status:
                yield f"{request_id} was {first.status}, and {answer.status} to one who asked later"


def one_lease_at_a_time(facts: Facts) -> Iterator[str]:
    """I3: a request passes from lease to lease only through nobody's hands, and each new holder has a new number."""
    for taking in facts.takings:
        if taking.before and taking.after:
            yield f"{taking.request} went from lease {taking.before} to {taking.after} directly"
        elif taking.after and taking.attempt_after <= taking.attempt_before:
            yield f"{taking.request} was taken by {taking.after} under the old number {taking.attempt_before}"
    for request_id, moves in by_request(facts.moves).items():
        numbers = [move.attempt for move in moves if move.target == "processing"]
        if any(before >= after for before, after in pairwise(numbers)):
            yield f"{request_id} was claimed under the numbers {numbers}"


def zombies_write_nothing(facts: Facts) -> Iterator[str]:
    """I3: whoever lost a request writes no more text of it, once another has claimed it."""
    for request_id in facts.strays:
        yield f"{request_id} got text of a worker that had lost it"


def lost_workers_are_counted(facts: Facts, *, most: int) -> Iterator[str]:
    """I1: a request is given up for its workers' sake after exactly the allowed number of them, never before."""
    for request in facts.requests:
        if request.takeovers > most or (request.error_code == "worker_lost" and request.takeovers != most):
            yield f"{request.id} is {request.status} {request.error_code} after {request.takeovers} lost workers"
