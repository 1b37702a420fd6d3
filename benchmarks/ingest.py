"""How much of the embedded model's pace the whole ingest keeps, and how soon an edit of a long document is found.

The text is Python's own manual. The model alone embeds the same passages before and after, in processes of its own;
the jobs worker is the Procfile's, with one child and with its two, beside as many processes of the model alone.
"""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from benchmarks.bed import Bed, bed, median, percentile
from benchmarks.ingest_texts import edited, long_text, manual
from benchmarks.report import Figure, Report
from config.local.home import REPOSITORY, Home
from config.local.terminal import Terminal
from config.local.weights import ensure_tokenizer
from tests.process.stack import Person, wait_for

TOPICS, CHUNKS, EDITS = 40, 500, 21
FEW_TOPICS, FEW_CHUNKS, FEW_EDITS = 5, 20, 2
CHILDREN = (1, 2)
PATIENCE_S = 1800.0
INDEXED = """
SELECT count(*), EXTRACT(epoch FROM max(indexed_at) - min(staged))::float8 FROM ai_rag_knowledgedocument
WHERE subject = %s AND indexed = wanted
"""
PASSAGES = """
SELECT count(*) FROM ai_rag_knowledgechunk JOIN ai_rag_knowledgedocument AS document ON document.id =
    knowledge_document_id
WHERE document.subject = %s
"""
FOUND = """
SELECT EXTRACT(epoch FROM clock_timestamp() - staged)::float8 FROM ai_rag_knowledgedocument
WHERE source = %s AND generation >= %s AND indexed = wanted
"""
NEW = """
SELECT (SELECT count(*) FROM ai_rag_knowledgechunk AS chunk WHERE chunk.knowledge_document_id = document.id
    AND chunk.generation = document.generation), document.generation
FROM ai_rag_knowledgedocument AS document WHERE source = %s
"""


def measure(*, quick: bool) -> Report:
    topics, chunks, edits = (FEW_TOPICS, FEW_CHUNKS, FEW_EDITS) if quick else (TOPICS, CHUNKS, EDITS)
    tokenizer = ensure_tokenizer(Home(REPOSITORY / ".local"), Terminal())
    if tokenizer is None:
        return Report(how="The embedded model's tokenizer cannot be had here.", rows=[], wrong=["nothing measured"])
    with bed({"LINTEL_EMBEDDED_TOKENIZER": str(tokenizer)}) as stack:
        rows = [pace(stack, topics, children) for children in CHILDREN]
        waits, embedded = edits_of(stack, alone(stack, 1, 1, chunks)["characters"], edits)
    passages = {row["passages"] for row in rows}
    return Report(
        how=f"{topics} documents at once; {edits} edits of one paragraph each in a document of {chunks} passages",
        rows=rows,
        also=[{
            "edits": edits, "passages embedded an edit, median": median(embedded), "most": max(embedded),
            "commit to found p50, s": median(waits), "p90, s": percentile(waits, 0.9), "worst, s": max(waits),
        }],
        wrong=[] if len(passages) == 1 else ["not the same passages"],
    )  # fmt: skip


def pace(stack: Bed, topics: int, children: int) -> dict[str, Figure]:
    """The last worker stays for the edits."""
    stop_jobs(stack)
    stack.start_jobs(children=children)
    put(stack, stack.person(), {f"warm {n}": "The first text of a process makes what is made once." for n in range(4)})
    before, (ingest, passages), after = (
        alone(stack, topics, children),
        ingested(stack, topics),
        alone(stack, topics, children),
    )
    embedder = median([before["a second"], after["a second"]])
    return {
        "processes": children, "passages": passages, "the model alone before, passages/s": before["a second"],
        "after": after["a second"], "ingest, passages/s": passages / ingest,
        "ingest / alone": passages / ingest / embedder,
    }  # fmt: skip


def stop_jobs(stack: Bed) -> None:
    for child in [each for each in stack.children if each.command.name.startswith("jobs")]:
        stack.children.remove(child)
        child.tell_all(signal.SIGKILL)
        child.bury()


def alone(stack: Bed, topics: int, processes: int, chunks: int = 1) -> dict[str, float]:
    """As many processes as the worker has, a part of the texts each."""
    commands = [
        ("-m", "benchmarks.ingest_raw", str(topics), str(first), str(processes), str(chunks))
        for first in range(processes)
    ]
    with ThreadPoolExecutor(processes) as pool:
        found = [
            json.loads(printed) for printed in pool.map(lambda words: stack.run(*words, seconds=PATIENCE_S), commands)
        ]
    pace = sum(each["passages"] / each["seconds"] for each in found)
    return {"a second": pace, "characters": found[0]["characters"]}


def put(stack: Bed, person: Person, texts: Mapping[str, str]) -> float:
    """Upload all, and wait; the seconds from the first commit until the last is found, by the database's clock."""
    with stack.client(person) as http:
        for title, text in texts.items():
            http.post("/api/v1/documents", json={"title": title, "text": text}).raise_for_status()

    def taken() -> float | None:
        [(ready, seconds)] = stack.sql(INDEXED, person.id)
        return float(seconds) if ready == len(texts) else None

    return wait_for(taken, what="documents that are found", seconds=PATIENCE_S, pause=0.2) or 0.0


def ingested(stack: Bed, topics: int) -> tuple[float, int]:
    """Seconds and passages."""
    person = stack.person()
    seconds = put(stack, person, manual(topics))
    return seconds, stack.sql(PASSAGES, person.id)[0][0]


def edits_of(stack: Bed, characters: float, edits: int) -> tuple[list[float], list[int]]:
    """One after the other: how long until each is found, and how many passages it embeds."""
    chance, person, text = random.Random(4), stack.person(), long_text(int(characters))
    put(stack, person, {"manual": text})
    waits, embedded = [], []
    with stack.client(person) as http, psycopg.connect(stack.services.superuser_url, dbname="lintel") as looking:
        looking.autocommit = True
        [document] = http.get("/api/v1/documents").json()["results"]
        for number in range(edits):
            text = edited(text, chance)
            http.patch(f"/api/v1/documents/{document['id']}", json={"text": text}).raise_for_status()
            waits.append(until_found(looking, document["id"], generation=number + 2))
            row = looking.execute(NEW, [document["id"]]).fetchone()
            embedded.append(0 if row is None else int(row[0]))
    return waits, embedded


def until_found(looking: psycopg.Connection[Any], document: str, *, generation: int) -> float:
    """From the saving transaction on, a little before its commit, to when another connection sees the new version."""
    end = time.monotonic() + PATIENCE_S
    while (row := looking.execute(FOUND, [document, generation]).fetchone()) is None:
        assert time.monotonic() < end, "the edit was not found"
        time.sleep(0.005)
    return float(row[0])
