"""The load of a round: clients that submit, read, poll, cancel, repeat and delete until they are told to stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from random import Random

from tests.faults.campaign.clients import GaveUp, Http, body_of, http, in_threads, submit, trespass, until_it_ends
from tests.faults.campaign.history import History
from tests.faults.campaign.people import Member
from tests.faults.campaign.plan import Plan, Submission
from tests.faults.campaign.readers import PATIENCE_S as READERS_PATIENCE_S
from tests.faults.campaign.readers import Reader, knock
from tests.faults.campaign.site import Site
from tests.faults.oracles.privacy import Trespass

REFUSALS_OF_THE_POOR = 3


class Cast:
    """Who asks: the rich share teams; of the poor, each is followed by the next when nothing is left of a budget."""

    def __init__(self, rich: Sequence[Member], poor: Sequence[Member]) -> None:
        self._rich, self._poor = list(rich), list(poor)
        self._refusals: dict[str, int] = {}
        self._lock = threading.Lock()

    def one(self, random: Random, *, poor: bool) -> Member:
        with self._lock:
            return self._poor[0] if poor else random.choice(self._rich)

    def another(self, random: Random, than: Member) -> Member:
        return random.choice([each for each in self._rich if each.id != than.id])

    def refused(self, person: Member) -> None:
        """The last of the poor stays, however poor."""
        with self._lock:
            self._refusals[person.id] = self._refusals.get(person.id, 0) + 1
            if self._refusals[person.id] >= REFUSALS_OF_THE_POOR and person in self._poor and len(self._poor) > 1:
                self._poor.remove(person)


class Client(threading.Thread):
    """One submission after the other, each with its readers beside it."""

    def __init__(self, number: int, plan: Plan, site: Site, cast: Cast, history: History) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self._number, self._plan, self._site = number, plan, site
        self._cast, self._history = cast, history
        self._random = Random(f"{plan.seed}:doors:{number}")
        self.stopping = threading.Event()

    def run(self) -> None:
        doors = [door.port for door in self._site.doors]
        with http(doors, self._history, self.name, self._random) as own:
            for submission in self._plan.submissions(self._number):
                if self.stopping.is_set():
                    return
                try:
                    self._play(own, submission)
                except GaveUp as problem:
                    self._history.wrong.append(str(problem))

    def _play(self, own: Http, submission: Submission) -> None:
        person = self._cast.one(self._random, poor=submission.poor)
        self._history.own(person.id, submission.mark)
        body = body_of(submission.document, person, priority=submission.priority, deadline_s=submission.deadline_s)
        request_id = submit(own, person, submission.mark, body)
        if request_id is None:
            self._cast.refused(person)
            return
        readers = list(self._readers(submission, person, request_id))
        for reader in readers:
            reader.start()
        self._meddle(own, submission, person, request_id)
        in_threads(list(readers), seconds=READERS_PATIENCE_S + 10, history=self._history)
        if submission.replay:
            submit(own, person, submission.mark, body, what="replay")
            self._reuse(own, submission, person)
        self._look_around(own, submission, person, request_id)
        if submission.delete:
            self._remove(own, person, request_id)

    def _readers(self, submission: Submission, person: Member, request_id: str) -> Iterator[Reader]:
        for plan in submission.readers:
            yield Reader(
                plan=plan,
                person=person,
                request=request_id,
                doors=[door.port for door in self._site.doors],
                ragged=self._site.ragged.port,
                history=self._history,
            )

    def _meddle(self, own: Http, submission: Submission, person: Member, request_id: str) -> None:
        """While it runs."""
        path = f"/api/v1/requests/{request_id}"
        for _each in range(submission.polls):
            own.ask(person, "GET", path, what="poll", about=request_id)
            self.stopping.wait(self._random.uniform(0.05, 0.5))
        if submission.cancel_after_s is not None:
            self.stopping.wait(submission.cancel_after_s)
            own.ask(person, "POST", f"{path}/cancel", what="cancel", about=request_id)
        if not submission.readers:
            until_it_ends(own, person, request_id)

    def _reuse(self, own: Http, submission: Submission, person: Member) -> None:
        headers, other = {"Idempotency-Key": submission.mark}, body_of("Something else.", person)
        told = own.ask(
            person, "POST", "/api/v1/requests", what="reuse", about=submission.mark, headers=headers, json=other
        )
        if told.status != 422:
            self._history.wrong.append(f"the key {submission.mark} took another body: {told.status}")

    def _look_around(self, own: Http, submission: Submission, person: Member, request_id: str) -> None:
        told = own.ask(person, "GET", "/api/v1/requests", what="list", about=person.id)
        self._history.glimpse(person.id, "list", [each["id"] for each in told.body["results"]])
        if submission.trespass:
            self._trespass(own, self._cast.another(self._random, person), request_id)

    def _trespass(self, own: Http, mallory: Member, request_id: str) -> None:
        trespass(own, mallory, request_id)
        code = knock(self._site.doors[0].port, mallory, request_id)
        self._history.trespasses.append(Trespass(user=mallory.id, where=f"socket of {request_id}", code=code))

    def _remove(self, own: Http, person: Member, request_id: str) -> None:
        path = f"/api/v1/requests/{request_id}"
        told = own.ask(person, "DELETE", path, what="delete", about=request_id)
        if told.status not in (204, 404):  # 404: an earlier try, whose answer was lost, has done it
            self._history.wrong.append(f"{request_id} could not be deleted: {told.status}")
        if own.ask(person, "GET", path, what="poll deleted", about=request_id).status != 404:
            self._history.wrong.append(f"{request_id} was deleted and is shown")
