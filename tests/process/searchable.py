"""The stack with an embedding model, and documents that can be searched."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx2

from tests.process.apart import apart
from tests.process.stack import Person, Stack, wait_for

EMBEDDING = {"LINTEL_EMBEDDING_MODEL": "fake-embedding-64", "LINTEL_EMBEDDING_DIMENSIONS": "64"}
STATE = "SELECT state FROM ai_rag_knowledgedocument WHERE source = %s"
ACTIVE = "SELECT id FROM ai_rag_embeddingset WHERE active"


@contextlib.contextmanager
def searchable(stack: Stack) -> Iterator[Stack]:
    with apart(stack, **EMBEDDING, LINTEL_EMBEDDING_BASE_URL=f"{stack.fake_url}/v1"):
        before = stack.sql(ACTIVE)
        stack.run("manage.py", "migrate", "--verbosity", "0")
        stack.run("manage.py", "embedding_set", "--activate")
        stack.start_jobs()
        yield stack
        for (former,) in before:
            stack.sql("UPDATE ai_rag_embeddingset SET active = false WHERE active")
            stack.sql("UPDATE ai_rag_embeddingset SET active = true WHERE id = %s", former)


def shelve(stack: Stack, person: Person, title: str, text: str, **more: object) -> str:
    """A document of theirs, once it is found; its id."""
    with stack.client(person) as http:
        made = http.post("/api/v1/documents", json={"title": title, "text": text, **more})
    assert made.status_code in (201, 202), made.text
    source: str = made.json()["id"]
    wait_for(lambda: stack.sql(STATE, source) == [("ready",)], what=f"the index of {title}")
    return source


def look_for(stack: Stack, person: Person, q: str, **more: object) -> dict[str, Any]:
    with stack.client(person) as http:
        answer = http.post("/api/v1/searches", json={"q": q, **more})
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


def found(stack: Stack, person: Person, search: dict[str, Any]) -> dict[str, Any]:
    """Once it has ended."""

    def now() -> dict[str, Any]:
        with stack.client(person) as http:
            body: dict[str, Any] = http.get(search["links"]["self"]).raise_for_status().json()
            return body

    wait_for(lambda: now()["status"] not in ("pending", "processing"), what="the end of a search")
    return now()


def answers(stack: Stack, person: Person | None, path: str) -> httpx2.Response:
    with stack.client(person) as http:
        return http.get(path)
