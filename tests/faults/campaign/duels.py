"""What clients do to the product on purpose: race for a budget, use one up, and kill whoever answers them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from ai.tokens import BYTES_PER_TOKEN
from tests.faults.campaign.clients import GaveUp, Http, body_of, http, in_threads, submit, until_it_ends
from tests.faults.campaign.history import History
from tests.faults.campaign.people import Member
from tests.faults.campaign.plan import ReaderPlan, directive, new_mark
from tests.faults.campaign.readers import Reader
from tests.faults.campaign.site import Site
from tests.faults.oracles.budgets import race_took_exactly
from tests.process.stack import START_SECONDS, wait_for

# A letter a second: nothing is settled, and so nothing given back, before a race is over, on a slow machine too.
SLOW = {"text": "slowly, " * 75, "chunk_chars": 1, "chunk_delay_s": 1.0}
SLOW_DEADLINE_S = 600
# Calls of these beyond the first, and their ends: each may have taken room, or given some back.
DISTURBED = (
    "SELECT coalesce(sum(greatest(attempt - 1, 0) + (status <> ALL(%s))::int), 0) FROM requests_app_airequest"
    " WHERE id = ANY(%s::uuid[])"
)
OPEN = ["pending", "processing"]
LOST_WORKERS = 3
NOBODY = -1
RACE_S = 400.0
# As long as the prompt allows an answer to be, and so most of what is held for it.
LONG = {"text": "Spent. " * 320, "chunk_chars": 500}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What is held for one submission of a race."""

    tokens: Decimal
    usd: Decimal


def racing_body(mark: str, person: Member) -> dict[str, Any]:
    """Of the same size for every mark, so that the same is held for each."""
    document = f"{mark} races. {directive(SLOW)}"
    return body_of(document, person, priority="fast", deadline_s=SLOW_DEADLINE_S)


def measure_cover(site: Site, people: Sequence[Member], history: History, random: Random) -> Cover:
    """Of one who has a budget in tokens, and one whose team has one in dollars."""
    found: dict[str, Decimal] = {}
    with http([site.doors[0].port], history, "cover", random) as own:
        for person in people:
            mark = new_mark(random)
            history.own(person.id, mark)
            request_id = submit(own, person, mark, racing_body(mark, person))
            rises = site.sql(
                "SELECT measure, share.held FROM requests_app_holdshare AS share"
                " JOIN requests_app_budgetwindow AS window_ ON window_.id = window_id"
                " JOIN requests_app_tokenbudget AS budget ON budget.id = budget_id WHERE hold_id = %s",
                request_id,
            )
            found |= dict(rises)
            own.ask(person, "POST", f"/api/v1/requests/{request_id}/cancel", what="cancel", about=str(request_id))
    return Cover(tokens=found["tokens"], usd=found["usd"])


def race(site: Site, people: Sequence[Member], room: int, racers: int, history: History, random: Random) -> None:
    """So many at once, of one user or of a whole team, at both doors; as many get in as there is room for."""
    marks = [new_mark(random) for _each in range(racers)]
    accepted: dict[str, tuple[Member, str]] = {}
    refused: list[str] = []
    start = threading.Barrier(racers)

    def run(number: int) -> None:
        person, mark = people[number % len(people)], marks[number]
        history.own(person.id, mark)
        with http([door.port for door in site.doors], history, f"racer {number}", Random(mark)) as own:
            start.wait()
            try:
                request_id = submit(own, person, mark, racing_body(mark, person), what="race")
            except GaveUp as problem:
                history.wrong.append(str(problem))
                return
            if request_id is None:
                refused.append(mark)
            else:
                accepted[mark] = (person, request_id)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(racers)]
    for thread in threads:
        thread.start()
    in_threads(threads, seconds=RACE_S, history=history)
    [(disturbed,)] = site.sql(DISTURBED, OPEN, [request_id for _person, request_id in accepted.values()])
    history.wrong += race_took_exactly(
        room=room, accepted=len(accepted), refused=len(refused), asked=racers, disturbed=int(disturbed)
    )
    with http([door.port for door in site.doors], history, "racers", random) as own:
        for person, request_id in accepted.values():
            own.ask(person, "POST", f"/api/v1/requests/{request_id}/cancel", what="cancel", about=request_id)


def more_for_spending() -> int:
    """Tokens held for a spender's document beyond what is held for a racer's; a few more, for begun ones."""
    return round((len(directive(LONG)) - len(directive(SLOW))) / BYTES_PER_TOKEN) + 10


def spend(site: Site, person: Member, history: History, random: Random) -> None:
    """Until four fifths of a budget are used and mail has come that says so, whoever sends the tasks."""
    with http([door.port for door in site.doors], history, "spender", random) as own:
        while not _mailed(site, person):
            mark = new_mark(random)
            history.own(person.id, mark)
            request_id = submit(own, person, mark, body_of(f"{mark} spends. {directive(LONG)}", person))
            if request_id is None:
                wait_for(lambda: _mailed(site, person), what=f"mail to {person.name}", seconds=START_SECONDS)
                return
            until_it_ends(own, person, request_id)


def _mailed(site: Site, person: Member) -> bool:
    return any(to.startswith(f"{person.name}@") for to, _subject in list(site.postbox.mails))


def deadly_request(site: Site, person: Member, history: History, random: Random) -> None:
    """Whoever begins to write its answer is killed; after three it is given up, and no other with it."""
    mark = new_mark(random)
    history.own(person.id, mark)
    doors = [door.port for door in site.doors]
    deadly = body_of(f"{mark} kills. {directive(SLOW)}", person, deadline_s=SLOW_DEADLINE_S)
    with http(doors, history, "deadly", random) as own:
        request_id = submit(own, person, mark, deadly)
        if request_id is None:
            history.wrong.append(f"{mark} was refused")
            return
        reader = Reader(
            plan=ReaderPlan(kind="ws"), person=person, request=request_id, doors=doors, ragged=site.ragged.port,
            history=history,
        )  # fmt: skip
        reader.start()
        for _each in range(LOST_WORKERS):
            pid = wait_for(lambda: _writer_of(site, request_id), what="the writer or the end of a deadly request")
            if pid == NOBODY:
                break
            site.kill_worker(next(worker for worker in site.workers if worker.pid == pid))
        in_threads([reader], seconds=START_SECONDS, history=history)
        _expect_worker_lost(own, person, request_id)


def _writer_of(site: Site, request_id: str) -> int | None:
    """Of those that live: the lease of a dead one stands until it is taken. NOBODY of a request that has ended.

    On a machine that is short of processors a worker may be lost without being killed, and the end come earlier.
    """
    if site.sql("SELECT FROM requests_app_airequest WHERE id = %s AND status = 'failed'", request_id):
        return NOBODY
    rows = site.sql(
        "SELECT pid FROM requests_app_airequest AS request JOIN requests_app_workerlease AS lease"
        " ON lease.id = request.lease_id WHERE request.id = %s AND EXISTS"
        " (SELECT FROM requests_app_streamchunk AS chunk"
        " WHERE chunk.request_id = request.id AND chunk.attempt = request.attempt)",
        request_id,
    )
    living = {worker.pid for worker in site.workers}
    return next((int(pid) for (pid,) in rows if int(pid) in living), None)


def _expect_worker_lost(own: Http, person: Member, request_id: str) -> None:
    told = own.ask(person, "GET", f"/api/v1/requests/{request_id}", what="poll", about=request_id)
    code, attempt = (told.body.get("error") or {}).get("code"), told.body.get("attempt") or 0
    if (told.body.get("status"), code) != ("failed", "worker_lost") or attempt < LOST_WORKERS:
        own.history.wrong.append(
            f"the deadly request {request_id} is {told.body.get('status')} {code} at attempt {attempt}"
        )
