"""A client of the API as anybody may write one: submit, look, follow the events."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from config.local.loopback import open_local

SECONDS = 330


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Speaks for one user, with a token of theirs."""

    url: str
    token: str

    def submit(self, prompt_key: str, payload: dict[str, Any]) -> dict[str, Any]:
        return self._json("/api/v1/requests", {"prompt_key": prompt_key, "payload": payload})

    def get(self, request_id: str) -> dict[str, Any]:
        return self._json(f"/api/v1/requests/{request_id}")

    def newest(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._json("/api/v1/requests")["results"]
        return found[:count]

    def events(self, request_id: str) -> Iterator[dict[str, Any]]:
        """Each event of the stream until its end; the server's comments keep it alive in between."""
        with self._open(f"/api/v1/requests/{request_id}/events", accept="text/event-stream") as response:
            for line in response:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])

    def _json(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        with self._open(path, body=body) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def _open(self, path: str, *, body: dict[str, Any] | None = None, accept: str = "application/json") -> Any:
        request = urllib.request.Request(  # noqa: S310  the address is our own
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Accept": accept, "Content-Type": "application/json"},
        )
        return open_local(request, timeout=SECONDS)
