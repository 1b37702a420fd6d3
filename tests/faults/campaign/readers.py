"""Readers that are cut off again and again, and go on from where they were."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from random import Random

import httpx2
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from tests.faults.campaign.history import History
from tests.faults.campaign.people import Member
from tests.faults.campaign.plan import ReaderPlan
from tests.faults.campaign.site import MARK
from tests.faults.oracles import facts
from tests.process.client import Event, Reading

SILENCE_S = 8.0
PATIENCE_S = 300.0
RAGGED_TRIES = 4
WRONG_POSITION = {400, 4400}


class Refused(Exception):
    """The server says no, by a status or a close code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


class Reader(threading.Thread):
    """Reads one request to its end by one protocol; what it has is in the history afterwards."""

    def __init__(
        self, *, plan: ReaderPlan, person: Member, request: str, doors: list[int], ragged: int, history: History
    ) -> None:
        super().__init__(name=f"reader of {request}", daemon=True)
        self._plan, self._person, self._request = plan, person, request
        self._doors, self._ragged, self._history = doors, ragged, history
        self._random = Random(request)
        self._http = httpx2.Client(timeout=SILENCE_S, trust_env=False, verify=False)
        self.reading = Reading()
        self.cuts = 0

    def run(self) -> None:
        until = time.monotonic() + PATIENCE_S
        with self._http, self._history.operation(self.name, f"read {self._plan.kind}", self._request) as operation:
            for turn in self._turns():
                if self._read(turn) or self.reading.ended:
                    break
                if time.monotonic() > until:
                    self._history.wrong.append(f"{self.name}: no end within {PATIENCE_S:g} s")
                    return
            operation.outcome = "ok" if self.reading.ended else "fail"
        if self.reading.ended:
            done = facts.Reading(
                request=self._request, text=self.reading.text, status=self.reading.status, cuts=self.cuts
            )
            self._history.readings.append(done)
            if marks := set(MARK.findall(self.reading.text)):
                self._history.glimpse(self._person.id, self.name, marks)

    def _turns(self) -> Iterator[int]:
        turn = 0
        while True:
            yield turn
            turn += 1

    def _read(self, turn: int) -> bool:
        """One connection; True where there is no sense in another."""
        most = self._plan.cuts[turn] if turn < len(self._plan.cuts) else 10**9
        try:
            for number, event in enumerate(self._events(turn), start=1):
                self.reading.take(event)
                if number >= most:
                    break
        except Refused as refused:
            return self._refused(refused.code)
        except (OSError, EOFError, TimeoutError, WebSocketException, httpx2.HTTPError, ValueError):
            time.sleep(0.1)
        if not self.reading.ended:
            self.cuts += 1
            self._history.cut()
        return False

    def _refused(self, code: int) -> bool:
        if code in WRONG_POSITION or code in {401, 403, 4401}:
            self._history.wrong.append(f"{self.name} was told {code} at {self.reading.position}")
            return True
        time.sleep(0.2)
        return code in {404, 4404}

    def _events(self, turn: int) -> Iterator[Event]:
        ragged = self._plan.ragged and turn < RAGGED_TRIES
        port = self._ragged if ragged else self._random.choice(self._doors)
        return self._over_socket(port) if self._plan.kind == "ws" else self._over_http(port)

    def _over_socket(self, port: int) -> Iterator[Event]:
        after = "" if self.reading.position is None else f"?after={self.reading.position}"
        url = f"ws://127.0.0.1:{port}/ws/requests/{self._request}{after}"
        with connect(
            url, additional_headers=self._person.headers, proxy=None, open_timeout=SILENCE_S, close_timeout=1
        ) as socket:
            while True:
                try:
                    yield json.loads(socket.recv(timeout=SILENCE_S))
                except ConnectionClosed as closed:
                    if closed.rcvd is not None and closed.rcvd.code > 4000:
                        raise Refused(closed.rcvd.code) from None
                    return

    def _over_http(self, port: int) -> Iterator[Event]:
        last = {} if self.reading.position is None else {"Last-Event-ID": self.reading.position}
        url = f"http://127.0.0.1:{port}/api/v1/requests/{self._request}/events"
        with self._http.stream("GET", url, headers={**self._person.headers, **last}) as response:
            if response.status_code != 200:
                raise Refused(response.status_code)
            for line in response.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))


def knock(port: int, person: Member, request: str) -> int | None:
    """The close code that a stranger's socket gets; 1000 where it was shown something, None without an answer."""
    try:
        with connect(
            f"ws://127.0.0.1:{port}/ws/requests/{request}", additional_headers=person.headers, proxy=None,
            open_timeout=SILENCE_S, close_timeout=1,
        ) as socket:  # fmt: skip
            socket.recv(timeout=SILENCE_S)
            return 1000
    except ConnectionClosed as closed:
        return None if closed.rcvd is None or closed.rcvd.code in {1011, 1012, 4503} else closed.rcvd.code
    except (OSError, EOFError, WebSocketException):
        return None
