"""The figures of one stretch of time out of the tables of events: a few statements, each on an index.

Requests count when they end, calls when they were made, together with what was learned of them later, ratings when they
were first given, reviews when they came and when their verdict took effect, stale answers when they became so.
docs/quality.md has the formulas.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from requests_app.reports.figures import WHOLE, BudgetUse, Day, Figures, Subject

# Percentiles cannot be added up, so each is also asked for all of a prompt and for everything.
SUBJECTS = "COALESCE(prompt_key, '') AS prompt, COALESCE(prompt_version, '') AS version"
LEVELS = "GROUPING SETS ((prompt_key, prompt_version), (prompt_key), ())"

# What a gate keeps back has its answer when the reviewers get it: their time is not the model's.
REQUESTS = f"""
SELECT {SUBJECTS},
    count(*) FILTER (WHERE status = 'done') AS done,
    count(*) FILTER (WHERE status = 'rejected') AS rejected,
    count(*) FILTER (WHERE status IN ('failed', 'expired')) AS failed,
    count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    count(answered_by_id) FILTER (WHERE status = 'done') AS served_again,
    count(refused) AS judged,
    count(*) FILTER (WHERE refused) AS refusals,
    count(length) AS lengths,
    percentile_cont(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (ORDER BY length) AS length_p10_p50_p90,
    count(first_s) AS first_tokens,
    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY first_s) AS first_token_p50_p95_p99,
    count(total_s) AS totals,
    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY total_s) AS total_p50_p95_p99
FROM (
    SELECT request.prompt_key, request.prompt_version, status, answered_by_id, refused,
        CASE WHEN answered THEN answer_length END AS length,
        CASE WHEN answered THEN EXTRACT(EPOCH FROM first_token - request.created)::float8 END AS first_s,
        CASE WHEN answered THEN
            EXTRACT(EPOCH FROM COALESCE(review.created, completed) - request.created)::float8 END AS total_s
    FROM requests_app_airequest AS request
    CROSS JOIN LATERAL (SELECT status IN ('done', 'rejected') AS answered) AS kind
    LEFT JOIN requests_app_aireviewqueue AS review ON review.request_id = request.id AND review.kind = 'gate'
    WHERE completed >= %(starts)s AND completed < %(ends)s
) AS ended
GROUP BY {LEVELS}
"""  # noqa: S608 - constants
FAILURES = f"""
SELECT {SUBJECTS}, error_code, count(*)
FROM requests_app_airequest
WHERE completed >= %(starts)s AND completed < %(ends)s AND status IN ('failed', 'expired')
GROUP BY error_code, {LEVELS}
"""  # noqa: S608 - constants
CALLS = f"""
SELECT {SUBJECTS}, count(*) AS calls,
    count(*) FILTER (WHERE call.cost_usd IS NULL OR (later.id IS NOT NULL AND later.cost_usd IS NULL)) AS unpriced,
    sum(call.input_tokens + COALESCE(later.input_tokens, 0)) AS input_tokens,
    sum(call.cache_read_tokens + COALESCE(later.cache_read_tokens, 0)) AS cache_read_tokens,
    sum(call.cache_write_tokens + COALESCE(later.cache_write_tokens, 0)) AS cache_write_tokens,
    sum(call.output_tokens + COALESCE(later.output_tokens, 0)) AS output_tokens,
    sum(COALESCE(call.cost_usd, 0) + COALESCE(later.cost_usd, 0)) AS cost_usd
FROM ai_llmusagelog AS call
LEFT JOIN (
    SELECT id, reference, attempt, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost_usd
    FROM ai_llmusagelog WHERE kind = 'correction'
) AS later USING (reference, attempt)
WHERE call.kind = 'call' AND call.created >= %(starts)s AND call.created < %(ends)s
GROUP BY {LEVELS}
"""  # noqa: S608 - constants
RATINGS = f"""
SELECT {SUBJECTS}, count(*) FILTER (WHERE rating = 1) AS up, count(*) FILTER (WHERE rating = -1) AS down
FROM requests_app_aioutputfeedback
WHERE created >= %(starts)s AND created < %(ends)s
GROUP BY {LEVELS}
"""  # noqa: S608 - constants
REVIEWS = f"""
SELECT {SUBJECTS},
    count(*) FILTER (WHERE came) AS reviews,
    count(*) FILTER (WHERE left_ AND verdict <> '') AS decided,
    count(*) FILTER (WHERE left_ AND verdict IN ('edited', 'rejected')) AS overruled
FROM requests_app_aireviewqueue AS review
JOIN requests_app_airequest AS request ON request.id = review.request_id
CROSS JOIN LATERAL (
    SELECT review.created >= %(starts)s AND review.created < %(ends)s AS came,
        closed >= %(starts)s AND closed < %(ends)s AS left_
) AS day
WHERE (review.created >= %(starts)s AND review.created < %(ends)s) OR (closed >= %(starts)s AND closed < %(ends)s)
GROUP BY {LEVELS}
"""  # noqa: S608 - constants
# Once an answer, when the first of its documents changed; those of the day are found by the index of what is stale.
STALE = f"""
SELECT {SUBJECTS}, count(*) AS stale
FROM (
    SELECT source.request_id, min(source.stale_since) AS since
    FROM requests_app_requestsource AS source
    WHERE source.stale_since IS NOT NULL AND source.request_id IN (
        SELECT request_id FROM requests_app_requestsource WHERE stale_since >= %(starts)s AND stale_since < %(ends)s
    ) AND EXISTS (
        SELECT FROM requests_app_citation AS citation
        WHERE citation.request_id = source.request_id AND citation.key = source.key
    )
    GROUP BY source.request_id
) AS gone
JOIN requests_app_airequest AS request ON request.id = gone.request_id
WHERE since >= %(starts)s AND since < %(ends)s AND status = 'done'
GROUP BY {LEVELS}
"""  # noqa: S608 - constants
BUDGETS = """
SELECT count(*) AS windows, count(*) FILTER (WHERE announced >= 80) AS warned,
    count(*) FILTER (WHERE announced >= 100) AS full
FROM requests_app_budgetwindow
WHERE ends > %(starts)s AND ends <= %(ends)s
"""
EVENTS = """
SELECT EXISTS (SELECT FROM requests_app_airequest WHERE completed >= %(starts)s AND completed < %(ends)s)
    OR EXISTS (SELECT FROM ai_llmusagelog WHERE created >= %(starts)s AND created < %(ends)s)
    OR EXISTS (SELECT FROM requests_app_aioutputfeedback WHERE created >= %(starts)s AND created < %(ends)s)
    OR EXISTS (SELECT FROM requests_app_requestsource WHERE stale_since >= %(starts)s AND stale_since < %(ends)s)
"""


def figures_of(starts: datetime, ends: datetime) -> Day:
    """Of everything that happened from ``starts`` to before ``ends``; WHOLE is always there."""
    found: dict[Subject, dict[str, Any]] = defaultdict(dict)
    found[WHOLE] = {}
    for query in (REQUESTS, CALLS, RATINGS, REVIEWS, STALE):
        for row in _rows(query, starts, ends):
            found[_subject(row)] |= dict(_spread(row))
    for row in _rows(FAILURES, starts, ends):
        found[_subject(row)].setdefault("failures", {})[row["error_code"]] = row["count"]
    return {subject: Figures(**figures) for subject, figures in found.items()}


def budget_use(starts: datetime, ends: datetime) -> BudgetUse:
    [row] = _rows(BUDGETS, starts, ends)
    return BudgetUse(**row)


def anything_happened(starts: datetime, ends: datetime) -> bool:
    [row] = _rows(EVENTS, starts, ends)
    return bool(row["?column?"])


def _subject(row: dict[str, Any]) -> Subject:
    return Subject(prompt=row.pop("prompt"), version=row.pop("version"))


def _spread(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """``total_p50_p95_p99: [...]`` as ``total_p50``, ``total_p95``, ``total_p99``; sums of nothing are left out."""
    for name, value in row.items():
        stem, *marks = name.split("_p")
        if len(marks) == 3:
            yield from zip([f"{stem}_p{mark}" for mark in marks], value or [None] * 3, strict=True)
        elif value is not None:
            yield name, value


def _rows(query: str, starts: datetime, ends: datetime) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"starts": starts, "ends": ends})
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
