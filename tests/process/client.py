"""A reader of streams as a user would write one: positions are opaque, text is appended, reset forgets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.process.stack import WAIT_SECONDS, Person, Stack

Event = dict[str, Any]


@dataclass
class Reading:
    """What a client has put together so far."""

    text: str = ""
    position: str | None = None
    events: list[Event] = field(default_factory=list)

    def take(self, event: Event) -> None:
        self.events.append(event)
        self.position = event["position"]
        if event["type"] == "reset":
            self.text = ""
        elif event["type"] == "chunk":
            self.text += event["text"]

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1]["type"] == "end"

    @property
    def status(self) -> str:
        return str(self.events[-1]["status"]) if self.ended else "open"


ENDLESS = {"priority": "quality", "model": "endless"}


def submit(stack: Stack, person: Person, text: str, *, prompt: str = "document_summary", **options: str) -> str:
    """Accept a request and return its id."""
    with stack.client(person) as http:
        body = {"prompt_key": prompt, "payload": {"document": text}, **options}
        answer = http.post("/api/v1/requests", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def fetch(stack: Stack, person: Person, request_id: str) -> dict[str, Any]:
    with stack.client(person) as http:
        answer = http.get(f"/api/v1/requests/{request_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def events(
    stack: Stack, person: Person | None, request_id: str, after: str | None = None, *, seconds: float = WAIT_SECONDS
) -> Iterator[Event]:
    """Over WebSocket, to the server's close; raises ConnectionClosed where that was no normal end."""
    url = f"{stack.base_url.replace('http', 'ws', 1)}/ws/requests/{request_id}"
    query = "" if after is None else f"?after={after}"
    headers = person.headers if person else {}
    with connect(url + query, additional_headers=headers, proxy=None, open_timeout=seconds) as socket:
        while True:
            try:
                yield json.loads(socket.recv(timeout=seconds))
            except ConnectionClosed as closed:
                if closed.rcvd is None or closed.rcvd.code != 1000:
                    raise
                return


def server_sent(stack: Stack, person: Person, request_id: str, after: str | None = None) -> Iterator[Event]:
    headers = person.headers if after is None else {**person.headers, "Last-Event-ID": after}
    url = f"/api/v1/requests/{request_id}/events"
    with stack.client() as http, http.stream("GET", url, headers=headers) as response:
        assert response.status_code == 200, response.status_code
        for line in response.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def read(
    stack: Stack, person: Person, request_id: str, reading: Reading | None = None, *, most: int = 10**9
) -> Reading:
    """Go on reading, at most so many events, then drop the connection."""
    reading = reading or Reading()
    for number, event in enumerate(events(stack, person, request_id, reading.position), start=1):
        reading.take(event)
        if number >= most:
            break
    return reading


def reading_until(stack: Stack, person: Person, request_id: str, least: int, *, after: str | None = None) -> Reading:
    """Read until so many code points have come, then drop the connection."""
    reading = Reading(position=after)
    for event in events(stack, person, request_id, after):
        reading.take(event)
        if len(reading.text) >= least:
            return reading
    raise AssertionError(f"the stream ended early: {reading.events[-1]}")
