"""How much of the embedded model's pace the whole ingest keeps, and how soon an edit of a long document is found.

The text is Python's own manual. The model alone embeds the same passages before and after, in a process of its own;
the jobs worker is the Procfile's, with one child, so that both have the machine for one run of the model.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from typing import Any

import psycopg

from benchmarks.bed import Bed, bed, median, percentile
from benchmarks.ingest_texts import edited, long_text, manual
from benchmarks.report import Figure, Report
from config.local.home import REPOSITORY, Home
from config.local.terminal import Terminal
from config.local.weights import ensure_tokenizer
from tests.process.stack import Person, wait_for

TOPICS, CHUNKS, EDITS = 79, 500, 21
FEW_TOPICS, FEW_CHUNKS, FEW_EDITS = 5, 20, 2
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
        stack.start_jobs()
        put(stack, stack.person(), {"warm": "The first text of a process makes what is made once."})
        before = alone(stack, topics, chunks)
        whole = ingested(stack, topics)
        after = alone(stack, topics, chunks)
        waits, embedded = edits_of(stack, before["characters"], edits)
    return Report(
        how=f"{topics} documents at once; {edits} edits of one paragraph each in a document of {chunks} passages",
        rows=[pace(before, whole, after)],
        also=[{
            "edits": edits, "passages embedded an edit, median": median(embedded), "most": max(embedded),
            "commit to found p50, s": median(waits), "p90, s": percentile(waits, 0.9), "worst, s": max(waits),
        }],
        wrong=[] if whole["passages"] == before["passages"] else ["not the same passages"],
    )  # fmt: skip


def pace(before: Mapping[str, Any], whole: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Figure]:
    alone = median([one["passages"] / one["seconds"] for one in (before, after)])
    ingest = whole["passages"] / whole["seconds"]
    return {
        "passages": whole["passages"], "the model alone before, s": before["seconds"], "ingest, s": whole["seconds"],
        "the model alone after, s": after["seconds"], "the model alone, passages/s": alone,
        "ingest, passages/s": ingest, "ingest / alone": ingest / alone,
    }  # fmt: skip


def alone(stack: Bed, topics: int, chunks: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack.run("-m", "benchmarks.ingest_raw", str(topics), str(chunks)))
    return found


def put(stack: Bed, person: Person, texts: Mapping[str, str]) -> float:
    """Upload all, and wait; the seconds from the first commit until the last is found, by the database's clock."""
    with stack.client(person) as http:
        for title, text in texts.items():
            http.post("/api/v1/documents", json={"title": title, "text": text}).raise_for_status()

    def taken() -> float | None:
        [(ready, seconds)] = stack.sql(INDEXED, person.id)
        return float(seconds) if ready == len(texts) else None

    return wait_for(taken, what="documents that are found", seconds=PATIENCE_S, pause=0.2) or 0.0


def ingested(stack: Bed, topics: int) -> dict[str, Any]:
    person = stack.person()
    seconds = put(stack, person, manual(topics))
    return {"seconds": seconds, "passages": stack.sql(PASSAGES, person.id)[0][0]}


def edits_of(stack: Bed, characters: int, edits: int) -> tuple[list[float], list[int]]:
    """One after the other: how long until each is found, and how many passages it embeds."""
    chance, person, text = random.Random(4), stack.person(), long_text(characters)
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
