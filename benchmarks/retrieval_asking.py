"""The program of `retrieval`: fills an index, asks it, and prints what it found as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
import psycopg  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from psycopg.conninfo import make_conninfo  # noqa: E402

from ai.rag.calibration import EVERYTHING  # noqa: E402
from ai.rag.looking import LEAST, Found, look  # noqa: E402
from ai.rag.models import EmbeddingSet  # noqa: E402
from ai.rag.pgvector_store import WALK, PgVectorStore, of_viewer, of_words, written  # noqa: E402
from ai.rag.statements import Statements  # noqa: E402
from ai.rag.store import Viewer  # noqa: E402
from ai.rag.viewing import SET  # noqa: E402
from ai.rag.words import COUNT, Words, counting, words_of  # noqa: E402
from benchmarks.bed import percentile  # noqa: E402
from benchmarks.retrieval_shelf import TEAMS, Shelf, Vectors, fill, index, unit  # noqa: E402

TOP_K, NOISE, SAID = 10, 0.5, 5
MEASURED = ("all", "10 %", "1 %")
READ = "SELECT id, text FROM ai_rag_knowledgechunk WHERE id = ANY(%(ids)s)"


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


@dataclass(frozen=True, kw_only=True)
class Bare:
    """The statements of a search over a plain connection, their rows fetched and thrown away; in one transaction.

    It knows what the product has to ask or to make out: whether few are visible, and what the words weigh.
    """

    server: psycopg.Connection[Any]
    sql: Statements
    few: bool
    viewer: Viewer

    def __call__(self, question: str, words: Words | None, vector: Sequence[float]) -> None:
        asked = {**of_viewer(self.viewer), "vector": written(vector), "limit": LEAST}
        with self.server.transaction(), self.server.cursor() as cursor:
            cursor.execute(SET, [str(self.viewer.subject), ",".join(map(str, self.viewer.scopes))])
            ids = fetched(cursor, self.sql.exact if self.few else WALK + self.sql.nearest, asked)
            fetched(cursor, COUNT, counting(question))
            if words is not None:
                matching = self.sql.matching_among_few if self.few else self.sql.matching
                fetched(cursor, matching, {**asked, **of_words(words)})
            fetched(cursor, READ, {"ids": ids[:TOP_K]})


def fetched(cursor: psycopg.Cursor[Any], statement: str, values: Mapping[str, Any]) -> list[Any]:
    cursor.execute(statement.encode(), values)
    while cursor.nextset():
        pass
    return [row[0] for row in cursor.fetchall()]


def level(shelf: Shelf, name: str, asked: list[tuple[str, Vectors]]) -> dict[str, Any]:
    """The product and the bare statements take turns at being first, for the second finds its pages in memory."""
    made, viewer = shelf.of_set, shelf.viewer(name)
    few = int(shelf.visible(name).sum()) <= settings.LINTEL_EXACT_CHUNKS
    times: dict[str, list[float]] = {"look": [], "bare": []}
    hits, short = 0, 0
    with psycopg.connect(address(), autocommit=True, cursor_factory=psycopg.ClientCursor) as server:
        bare = Bare(server=server, sql=Statements(made.pk, made.dimensions), few=few, viewer=viewer)
        for number, (words, row) in enumerate(asked):
            vector = [float(each) for each in row]
            chosen = words_of(words)
            ways: dict[str, Callable[[], Any]] = {
                "look": partial(searched, made, viewer, words, vector),
                "bare": partial(bare, words, chosen, vector),
            }
            for way in ways if number % 2 else reversed(ways):
                found = timed(ways[way], times[way])
                short += way == "look" and len(found.passages) < TOP_K
            ids = [hit.id.int for hit in PgVectorStore(made).search(vector, viewer=viewer, limit=LEAST)[:TOP_K]]
            hits += len(set(ids) & set(nearest(shelf, name, row)))
            short += len(ids) < TOP_K
    p50, p99 = ({key: percentile(each, share) for key, each in times.items()} for share in (0.5, 0.99))
    return {
        "visible": name, "passages": int(shelf.visible(name).sum()), "recall@10": hits / TOP_K / len(asked),
        "short lists": short, "p50, ms": p50["look"], "p99, ms": p99["look"], "bare SQL p50, ms": p50["bare"],
        "bare SQL p99, ms": p99["bare"], "p50 / bare": p50["look"] / p50["bare"],
        "p99 / bare": p99["look"] / p99["bare"],
    }  # fmt: skip


def searched(made: EmbeddingSet, viewer: Viewer, words: str, vector: Sequence[float]) -> Found:
    return look(words, vector, store=PgVectorStore(made), viewer=viewer, top_k=TOP_K, min_score=EVERYTHING)


def address() -> str:
    """Of the product's own role, whose rows are guarded."""
    told = connection.get_connection_params()
    return make_conninfo(**{key: told[key] for key in ("host", "port", "dbname", "user", "password")})


def crossing(shelf: Shelf, asked: list[tuple[str, Vectors]]) -> Iterator[dict[str, Any]]:
    """By graph and by comparing all, with the vector alone."""
    for name in TEAMS:
        row: dict[str, Any] = {"visible": name, "passages": int(shelf.visible(name).sum())}
        for way, most in (("by graph", -1), ("all compared", 10**9)):
            row |= {f"{way}: {figure}": value for figure, value in one_way(shelf, name, asked, most).items()}
        yield row


def one_way(shelf: Shelf, name: str, asked: list[tuple[str, Vectors]], most: int) -> dict[str, float]:
    store, viewer = PgVectorStore(shelf.of_set, exact_up_to=most), shelf.viewer(name)
    times: list[float] = []
    hits = 0
    for _words, row in asked:
        found = timed(partial(store.search, [float(each) for each in row], viewer=viewer, limit=LEAST), times)
        hits += len({hit.id.int for hit in found[:TOP_K]} & set(nearest(shelf, name, row)))
    return {
        "recall@10": hits / TOP_K / len(asked),
        "p50, ms": percentile(times, 0.5),
        "p99, ms": percentile(times, 0.99),
    }


def main(size: int, count: int) -> None:
    shelf = fill(size)
    index(shelf.of_set)
    asked = questions(shelf, count)
    level(shelf, "all", asked[:2])  # what is made once a process is made
    levels = [level(shelf, name, asked) for name in MEASURED]
    print(json.dumps({"levels": levels, "crossing": list(crossing(shelf, asked[: count // 5]))}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
