"""What the store says to Postgres. Who sees what is said here, once, for every search.

A set's number is a literal and its cast is written as in its index: otherwise Postgres does not see that it may use it.
"""

from __future__ import annotations

# One for each way in which a passage may be visible; none is visible in two. Each has an index of its own.
OWN = "subject = %(subject)s"
SHARED = "visibility = 'team' AND scope = ANY(%(scopes)s) AND subject <> %(subject)s"
OPEN = "visibility = 'all' AND subject <> %(subject)s"
WAYS = (OWN, SHARED, OPEN)
VISIBLE = " OR ".join(f"({way})" for way in WAYS)

ROWS = "SELECT {columns} FROM ai_rag_knowledgevector WHERE embedding_set_id = {set} AND live AND ({visible})"
# By words: of what has enough of them, its score as a search would give it.
BEST = """WITH found AS MATERIALIZED ({rows}), best AS MATERIALIZED (
    SELECT chunk_id, told FROM found WHERE told >= %(least)s ORDER BY told DESC, chunk_id LIMIT %(limit)s
)
SELECT chunk_id, knowledge_document_id, {score}
FROM best JOIN ai_rag_knowledgevector USING (chunk_id) WHERE embedding_set_id = {set} ORDER BY told DESC, chunk_id"""
FOUND = "WITH found AS MATERIALIZED ({rows}) SELECT chunk_id, knowledge_document_id, score FROM found"
DISTANCE = "embedding::vector({dimensions}) <=> %(vector)s::vector({dimensions})"
SCORE = "1 - ({distance}) AS score"
SCORED = "chunk_id, knowledge_document_id, {score}"
# What its words tell, and of those that have the same the one that says them oftener.
RANKED = """chunk_id, 0.1 * ts_rank(tsv, %(query)s::tsquery) + (
    SELECT COALESCE(sum(word.weight), 0)
    FROM unnest(%(each)s::tsquery[], %(weights)s::float8[]) AS word (lexeme, weight) WHERE tsv @@ word.lexeme
) AS told"""
MATCHING = " AND tsv @@ %(query)s::tsquery"


class Statements:
    """Of one embedding set."""

    def __init__(self, number: int, dimensions: int) -> None:
        self._number = number
        self._distance = DISTANCE.format(dimensions=dimensions)
        self._score = SCORE.format(distance=self._distance)
        self._scored = SCORED.format(score=self._score)

    @property
    def few(self) -> str:
        """Whether no more than ``most`` are visible, without counting the others."""
        ways = self._each_way("1", " LIMIT %(most)s + 1")
        return f"SELECT count(*) <= %(most)s FROM ({ways}) AS visible"  # noqa: S608 - constants and two numbers

    @property
    def nearest(self) -> str:
        """By the graph, which gives what it finds in about the right order: hence the second sort."""
        return _best(self._rows(self._scored, VISIBLE) + f" ORDER BY {self._distance} LIMIT %(limit)s")

    @property
    def exact(self) -> str:
        return _best(self._each_way(self._scored))

    @property
    def matching(self) -> str:
        return self._matching(self._rows(RANKED, VISIBLE) + MATCHING)

    @property
    def matching_among_few(self) -> str:
        return self._matching(self._each_way(RANKED, MATCHING))

    def _matching(self, rows: str) -> str:
        return BEST.format(rows=rows, score=self._score, set=self._number)

    def _rows(self, columns: str, visible: str) -> str:
        return ROWS.format(columns=columns, set=self._number, visible=visible)

    def _each_way(self, columns: str, further: str = "") -> str:
        """Way by way, so that each is found by its own index."""
        return " UNION ALL ".join(f"({self._rows(columns, way)}{further})" for way in WAYS)


def _best(rows: str) -> str:
    return FOUND.format(rows=rows) + " ORDER BY score DESC, chunk_id LIMIT %(limit)s"
