"""Which of a question's words are looked for, and what each tells: a word that few passages have tells much.

A passage must have what makes up half of that. Passages that share no more with a question than its common words would
outvote those that mean the same in others, which is what vectors find; measured in docs/knowledge.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from ai.rag.models import TEXT_SEARCH

HALF = 0.5
COMMON = 2000  # passages: ranking reads each that matches
MOST_WORDS = 32
DEEP = 2  # so far the others beside a word are told: a query of all that is enough would be long
SLACK = 1e-9

# What is common Postgres knows from its own statistics; the others are counted, which is quick because they are rare.
COUNT = """
SELECT asked.lexeme, COALESCE(known.frequency * GREATEST(pg_class.reltuples, 0), counted.passages),
    GREATEST(pg_class.reltuples, 0)
FROM (SELECT lexeme FROM unnest(to_tsvector(%(config)s, %(query)s)) LIMIT %(most_words)s) AS asked
JOIN pg_class ON pg_class.oid = 'ai_rag_knowledgevector'::regclass
LEFT JOIN (
    SELECT each.lexeme, each.frequency
    FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) AS each (lexeme, frequency)
    WHERE schemaname = current_schema AND tablename = 'ai_rag_knowledgevector' AND attname = 'tsv'
) AS known ON known.lexeme = asked.lexeme
LEFT JOIN LATERAL (
    SELECT count(*) AS passages FROM (
        SELECT 1 FROM ai_rag_knowledgevector
        WHERE known.lexeme IS NULL AND tsv @@ array_to_tsvector(ARRAY[asked.lexeme])::text::tsquery
        LIMIT %(most)s
    ) AS capped
) AS counted ON true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """``weights`` make 1. Passages that match ``query`` are all those of which the weights may make half."""

    query: str
    each: tuple[str, ...]
    weights: tuple[float, ...]


def words_of(question: str) -> Words | None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, counting(question))
        found = cursor.fetchall()
    passages = max((row[2] for row in found), default=0)
    return weighed({lexeme: count for lexeme, count, _passages in found}, passages=passages)


def counting(question: str) -> dict[str, str | int]:
    return {"config": TEXT_SEARCH, "query": question, "most_words": MOST_WORDS, "most": COMMON + 1}


def weighed(counts: Mapping[str, float], *, passages: float) -> Words | None:
    """By inverse document frequency, as BM25 has it (Robertson and Zaragoza 2009).

    Where all are common, what has all of them is looked for. None without a word, or where even that must be common.
    """
    total = max([passages, *counts.values()])
    rare = sum(count <= COMMON for count in counts.values())
    if not counts or (not rare and total * math.prod(count / total for count in counts.values()) > COMMON):
        return None
    weight = {word: math.log(1 + (total - count + 0.5) / (count + 0.5)) for word, count in counts.items()}
    whole = sum(weight.values())
    rarest = sorted(counts, key=lambda word: (-weight[word], word))
    each, weights = tuple(map(_quoted, rarest)), tuple(weight[word] / whole for word in rarest)
    return Words(query=_enough(each, weights, HALF, rare) or " & ".join(each), each=each, weights=weights)


def _enough(words: Sequence[str], weights: Sequence[float], least: float, first: int, deep: int = 1) -> str:
    """What has one of the ``first`` words and, with lighter ones, may have enough; empty where none of them can.

    A word that is not enough needs others beside it: so few passages are ranked in vain.
    """
    ways = []
    for number in range(first):
        if sum(weights[number:]) < least - SLACK:
            break
        missing, rest = least - weights[number], slice(number + 1, None)
        beside = "" if missing <= SLACK or deep > DEEP else _enough(
            words[rest], weights[rest], missing, len(words) - number - 1, deep + 1
        )  # fmt: skip
        ways.append(f"{words[number]} & ({beside})" if beside else words[number])
    return " | ".join(ways)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
