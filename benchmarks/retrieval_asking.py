"""The program of `retrieval`: fills an index, asks it, and prints what it found as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from uuid_utils.compat import uuid7  # noqa: E402

from accounts.models import User  # noqa: E402
from ai.embedding import Embedding  # noqa: E402
from ai.embedding_models import embedding_model  # noqa: E402
from ai.meter import Account  # noqa: E402
from ai.rag.calibration import EVERYTHING  # noqa: E402
from ai.rag.evaluation.labels import HANDBOOK, documents_beside, read_labels  # noqa: E402
from ai.rag.evaluation.measures import scores_of  # noqa: E402
from ai.rag.evaluation.trial import ask, prepared, shelved, vectors_of  # noqa: E402
from ai.rag.looking import LEAST, look  # noqa: E402
from ai.rag.pgvector_store import WALK, PgVectorStore, of_viewer, of_words, written  # noqa: E402
from ai.rag.statements import Statements  # noqa: E402
from ai.rag.store import Viewer  # noqa: E402
from ai.rag.words import words_of  # noqa: E402
from benchmarks.bed import percentile  # noqa: E402
from benchmarks.retrieval_shelf import TEAMS, Shelf, Vectors, fill, index, unit  # noqa: E402

TOP_K, NOISE, SAID = 10, 0.5, 5
READ = "SELECT id, text FROM ai_rag_knowledgechunk WHERE id = ANY(%s)"
NAME = "SELECT set_config('lintel.subject', %s, true), set_config('lintel.scopes', %s, true)"


def questions(shelf: Shelf, count: int) -> list[tuple[str, Vectors]]:
    """Each near a passage, with some of its words."""
    chance = np.random.default_rng(9)
    found = []
    for number in chance.integers(0, len(shelf.texts), count):
        away = chance.standard_normal(shelf.vectors.shape[1]) / shelf.vectors.shape[1] ** 0.5
        words = chance.choice(shelf.texts[number].split(), SAID)
        found.append((" ".join(words), unit((shelf.vectors[number] + NOISE * away)[None])[0]))
    return found


def nearest(shelf: Shelf, name: str, vector: Vectors) -> list[int]:
    """By comparing all that is visible."""
    scores = np.where(shelf.visible(name), shelf.vectors @ vector, -2.0)
    return [int(number) + 1 for number in np.argsort(-scores, kind="stable")[:TOP_K]]


def timed(work: Callable[[], Any], into: list[float]) -> Any:
    began = time.perf_counter()
    result = work()
    into.append((time.perf_counter() - began) * 1000)
    return result


def bare(sql: Statements, words: str, vector: Sequence[float], viewer: Viewer) -> None:
    """The same work as statements alone: nearest, matching, and the texts of the first ones."""
    asked = {**of_viewer(viewer), "vector": written(vector), "limit": LEAST}
    chosen = words_of(words)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NAME, [str(viewer.subject), ",".join(map(str, viewer.scopes))])
        cursor.execute(WALK)
        cursor.execute(sql.nearest, asked)
        ids = [row[0] for row in cursor.fetchall()]
        if chosen is not None:
            cursor.execute(sql.matching, {**asked, **of_words(chosen)})
            cursor.fetchall()
        cursor.execute(READ, [ids[:TOP_K]])
        cursor.fetchall()


def level(shelf: Shelf, name: str, asked: list[tuple[str, Vectors]]) -> dict[str, Any]:
    """Ways alternate, so that a noisy moment hits all."""
    made, viewer = shelf.of_set, shelf.viewer(name)
    sql = Statements(made.pk, made.dimensions)
    times: dict[str, list[float]] = {"look": [], "bare": [], "graph": [], "exact": []}
    hits, short = 0, 0
    for words, row in asked:
        vector = [float(number) for number in row]
        found = timed(
            lambda words=words, vector=vector: look(  # type: ignore[misc]
                words, vector, store=PgVectorStore(made), viewer=viewer, top_k=TOP_K, min_score=EVERYTHING
            ),
            times["look"],
        )
        timed(lambda words=words, vector=vector: bare(sql, words, vector, viewer), times["bare"])  # type: ignore[misc]
        for key, most in (("graph", -1), ("exact", 10**9)):
            way = PgVectorStore(made, exact_up_to=most)
            timed(lambda way=way, vector=vector: way.search(vector, viewer=viewer, limit=LEAST), times[key])  # type: ignore[misc]
        ids = [hit.id.int for hit in PgVectorStore(made).search(vector, viewer=viewer, limit=LEAST)[:TOP_K]]
        hits += len(set(ids) & set(nearest(shelf, name, row)))
        short += len(ids) < TOP_K or len(found.passages) < TOP_K
    p50, p99 = ({key: percentile(each, share) for key, each in times.items()} for share in (0.5, 0.99))
    return {
        "visible": name, "passages": int(shelf.visible(name).sum()), "recall@10": hits / TOP_K / len(asked),
        "short lists": short, "p50, ms": p50["look"], "p99, ms": p99["look"], "bare SQL p50, ms": p50["bare"],
        "bare SQL p99, ms": p99["bare"], "p50 / bare": p50["look"] / p50["bare"],
        "p99 / bare": p99["look"] / p99["bare"],
        "by graph p50, ms": p50["graph"], "all compared p50, ms": p50["exact"],
    }  # fmt: skip


def labelled() -> list[dict[str, Any]]:
    """Only where the embedded model is."""
    model = embedding_model() if settings.LINTEL_EMBEDDED_TOKENIZER else None
    if model is None:
        return []
    user = User.objects.create(username="bench")
    account = Account(reference=uuid7(), subject=user.pk, scope=user.personal_team_id, expires_s=600.0)
    labels = read_labels(HANDBOOK)
    with Embedding(model=model, account=account, action="bench") as embedding:
        vectors = vectors_of([label.question for label in labels], embedding)
        passages = prepared(documents_beside(HANDBOOK), embedding)
    rows = []
    for name, words in (("vectors alone", False), ("vectors and words", True)):
        with shelved(passages, model) as (store, viewer):
            scores = scores_of(ask(labels, vectors, store=store, viewer=viewer, words=words), min_score=0.0)
        rows.append({"labelled set": name, "MRR": scores.mrr, **{f"recall@{n}": v for n, v in scores.recall.items()}})
    return rows


def main(size: int, count: int) -> None:
    rows = labelled()
    shelf = fill(size)
    index(shelf.of_set)
    asked = questions(shelf, count)
    level(shelf, "all", asked[:2])  # what is made once a process is made
    print(json.dumps({"levels": [level(shelf, name, asked) for name in reversed(TEAMS)], "labelled": rows}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
