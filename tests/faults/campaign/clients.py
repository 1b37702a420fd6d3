"""Clients as a careful program would have them: an answer that was lost is asked for again until it is known."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx2

from tests.faults.campaign.history import History, Operation
from tests.faults.campaign.people import Member
from tests.faults.campaign.site import MARK
from tests.faults.oracles.facts import Answer, Named
from tests.faults.oracles.privacy import Trespass

PATIENCE_S = 300.0
PAUSE_S = 0.1
ACCEPTED, REFUSED = 202, {402, 429}


class GaveUp(Exception):
    """Minutes without a clear answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    status: int
    body: dict[str, Any]


class Http:
    """One thread's connections to all doors; each question goes to one of them by chance."""

    def __init__(self, doors: list[int], history: History, name: str, random: Random) -> None:
        self._http = httpx2.Client(timeout=10, trust_env=False, verify=False)
        self._doors = doors
        self._random = random
        self.history = history
        self.name = name

    def close(self) -> None:
        self._http.close()

    def ask(self, person: Member, method: str, path: str, *, what: str, about: str, **more: Any) -> Told:
        """Until the answer is known; raises GaveUp. What may be repeated safely is the caller's to see to."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with self.history.operation(self.name, what, about) as operation:
                told = self._once(person, method, path, more)
                if told is not None:
                    self._note(operation, told)
                    return told
            time.sleep(PAUSE_S)
        raise GaveUp(f"{what} of {about} had no answer for {PATIENCE_S:g} s")

    def _once(self, person: Member, method: str, path: str, more: Mapping[str, Any]) -> Told | None:
        """None where the answer is unknown: lost on the way, or the server says that it cannot tell."""
        url = f"http://127.0.0.1:{self._random.choice(self._doors)}{path}"
        headers = {**person.headers, **more.get("headers", {})}
        try:
            answer = self._http.request(method, url, headers=headers, json=more.get("json"))
        except httpx2.HTTPError:
            return None
        if answer.status_code >= 500 or answer.status_code == 409:
            return None
        if marks := set(MARK.findall(answer.text)):
            self.history.glimpse(person.id, f"{method} {path}", marks)
        return Told(status=answer.status_code, body=answer.json() if answer.content else {})

    def _note(self, operation: Operation, told: Told) -> None:
        operation.outcome = "ok" if told.status < 300 else "fail"
        operation.detail = str(told.status)
        if "status" in told.body and "id" in told.body:
            seen = Answer(
                request=told.body["id"], asked=operation.invoked, told=time.monotonic(), status=told.body["status"]
            )
            self.history.answers.append(seen)


@contextmanager
def http(doors: list[int], history: History, name: str, random: Random) -> Iterator[Http]:
    client = Http(doors, history, name, random)
    try:
        yield client
    finally:
        client.close()


def submit(
    http: Http, person: Member, mark: str, body: Mapping[str, Any], *, key: str | None = None, what: str = "submit"
) -> str | None:
    """The id of what was accepted, or None where a budget had no room. The key is the mark."""
    key = key or mark
    headers = {"Idempotency-Key": key}
    told = http.ask(person, "POST", "/api/v1/requests", what=what, about=mark, headers=headers, json=body)
    if told.status == ACCEPTED:
        request_id = str(told.body["id"])
        http.history.own(person.id, request_id)
        http.history.named.append(Named(user=person.id, key=key, mark=mark, request=request_id))
        return request_id
    if told.status not in REFUSED:
        http.history.wrong.append(f"{mark} was answered {told.status}: {told.body.get('code')}")
    return None


def body_of(document: str, person: Member, **more: Any) -> dict[str, Any]:
    return {"prompt_key": "document_summary", "payload": {"document": document}, "team": person.team, **more}


def until_it_ends(http: Http, person: Member, request_id: str) -> None:
    """Ask from time to time, as a client without a stream does."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        told = http.ask(person, "GET", f"/api/v1/requests/{request_id}", what="poll", about=request_id)
        if told.body.get("status") not in ("pending", "processing"):
            return
        time.sleep(0.3)
    http.history.wrong.append(f"{request_id} had no end for {PATIENCE_S:g} s")


def trespass(http: Http, mallory: Member, request_id: str) -> None:
    """By every door of the API."""
    path = f"/api/v1/requests/{request_id}"
    for method, each in (("GET", path), ("POST", f"{path}/cancel"), ("DELETE", path), ("GET", f"{path}/events")):
        with http.history.operation(http.name, "trespass", request_id) as operation:
            told = http._once(mallory, method, each, {})
            operation.outcome = "unknown" if told is None else "fail"
        code = None if told is None else told.status
        http.history.trespasses.append(Trespass(user=mallory.id, where=f"{method} {each}", code=code))


def in_threads(work: list[threading.Thread], *, seconds: float, history: History) -> None:
    """Wait for all; one that does not end is a violation, not a hang."""
    until = time.monotonic() + seconds
    for thread in work:
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            history.wrong.append(f"{thread.name} did not end within {seconds:g} s")
