"""A document is indexed by real processes, whatever happens to the one that is at it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.process.stack import Stack, wait_for

pytestmark = pytest.mark.process

PARAGRAPHS = 400
EMBEDDING = {
    "LINTEL_EMBEDDING_MODEL": "fake-embedding-32",
    "LINTEL_EMBEDDING_DIMENSIONS": "32",
    "LINTEL_CHUNK_TOKENS": "60",
}


@pytest.fixture(scope="module")
def library(stack: Stack) -> Iterator[Stack]:
    before, others = stack.settings, list(stack.children)
    stack.settings = {**before, **EMBEDDING, "LINTEL_EMBEDDING_BASE_URL": f"{stack.fake_url}/v1"}
    stack.run("manage.py", "migrate", "--verbosity", "0")
    yield stack
    for child in stack.children:
        if child not in others:
            child.tell_all(signal.SIGKILL)
            child.bury()
    stack.settings = before


def test_a_killed_worker_costs_no_call_twice(library: Stack) -> None:
    text = "\n\n".join(f"On day {n} stone number {n} was laid upon the quay by {n} masons." for n in range(PARAGRAPHS))
    person = library.person()
    library.script(default={"first_delay_s": 0.7})
    jobs = library.start_jobs()
    library.start_beat()
    with library.client(person) as client:
        made = client.post("/api/v1/documents", json={"title": "The quay", "text": text})
    assert made.status_code in (201, 202), made.text
    source = made.json()["id"]

    def row() -> tuple[str, int, int]:
        found = library.sql("SELECT state, done, total FROM ai_rag_knowledgedocument WHERE source = %s", source)
        return found[0] if found else ("", 0, 0)

    wait_for(lambda: 0 < row()[1] < row()[2], what="the first passages")
    jobs.tell_all(signal.SIGKILL)
    state, done, total = row()
    assert 0 < done < total, state
    library.script(default={})
    library.start_jobs()
    wait_for(lambda: row()[0] == "ready", what="the whole document")
    [(own,)] = library.sql("SELECT id FROM ai_rag_knowledgedocument WHERE source = %s", source)
    live = (
        "SELECT count(*), count(DISTINCT content_hash) FROM ai_rag_knowledgevector"
        " WHERE live AND knowledge_document_id = %s"
    )
    assert library.sql(live, own) == [(total, total)]
    current = "SELECT count(*) FROM ai_rag_knowledgechunk WHERE superseded IS NULL AND knowledge_document_id = %s"
    assert library.sql(current, own) == [(total,)]
    embedded = [call for call in library.calls() if call["protocol"] == "embeddings" and call["completed"]]
    questions = [call["question"] for call in embedded if "upon the quay" in call["question"]]
    assert len(questions) >= 2
    assert len(questions) - len(set(questions)) <= 1  # of the batch that was under way alone
