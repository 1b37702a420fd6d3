"""Which of a question's words are looked for: those that tell passages apart.

Ranking reads every passage that matches, so a word that stands in most of them would cost much and say nothing. How
common a word is, Postgres knows from its own statistics, without a look at any row.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from ai.rag.models import TEXT_SEARCH

COMMON = 2000  # rows
MOST_WORDS = 32

EXPECTED = """
SELECT asked.lexeme, COALESCE(known.frequency, 0) * GREATEST(pg_class.reltuples, 0)
FROM unnest(to_tsvector(%s, %s)) AS asked
JOIN pg_class ON pg_class.oid = 'ai_rag_knowledgevector'::regclass
LEFT JOIN (
    SELECT each.lexeme, each.frequency
    FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) AS each (lexeme, frequency)
    WHERE schemaname = current_schema AND tablename = 'ai_rag_knowledgevector' AND attname = 'tsv'
) AS known ON known.lexeme = asked.lexeme
"""


def words_of(query: str) -> str:
    """A tsquery; empty where the question has no word that is looked for."""
    with connection.cursor() as cursor:
        cursor.execute(EXPECTED, [TEXT_SEARCH, query])
        return asked(dict(cursor.fetchall()))


def asked(expected: Mapping[str, float]) -> str:
    """Any of the words of which few passages are expected; where all are common, only what has all of them."""
    rarest = sorted(expected, key=lambda word: (expected[word], word))[:MOST_WORDS]
    rare = [word for word in rarest if expected[word] <= COMMON]
    return " | ".join(map(_quoted, rare)) if rare else " & ".join(map(_quoted, rarest))


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
