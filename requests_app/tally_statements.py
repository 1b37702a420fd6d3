"""The statements of ``requests_app.tally``. Each works out `facts`, and adds them to the sums.

What is to be added to calls is worked out first, as `deltas` by the id of a call.

Rows of the log are looked up one by one, by their keys: OFFSET 0 keeps the planner from reading millions of them for
the sake of some thousands.
"""

from __future__ import annotations

OWN = """
    calls.id AS call, 1 AS calls, 0 AS requests, calls.input_tokens::bigint AS input_tokens,
    calls.cache_read_tokens::bigint AS cache_read_tokens, calls.cache_write_tokens::bigint AS cache_write_tokens,
    calls.output_tokens::bigint AS output_tokens, COALESCE(calls.cost_usd, 0) AS cost_usd,
    (calls.cost_usd IS NULL)::int AS unpriced_calls, calls.estimated::int AS estimated_calls, 0 AS approved_answers
"""
# A call whose correction is unknown has no known price any more, and is counted as such once.
CORRECTED = """
    calls.id, 0, 0, correction.input_tokens, correction.cache_read_tokens, correction.cache_write_tokens,
    correction.output_tokens, COALESCE(correction.cost_usd, 0),
    (correction.cost_usd IS NULL AND calls.cost_usd IS NOT NULL)::int,
    -(calls.estimated AND NOT correction.estimated)::int, 0
"""

# Adds `facts` to the sums. What samples cost is in their own team's sums and in nobody else's.
OF_CALLS = (
    *("calls", "requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_usd"),
    *("unpriced_calls", "estimated_calls", "approved_answers"),
)
OF_ANSWERS = ("reusable_answers", "served_again", "saved_usd", "unpriced_served_again")
MEASURES = (*OF_CALLS, *OF_ANSWERS)
SUMS = f"""
INSERT INTO requests_app_usageday AS day_ (day, scope, scope_id, dimension, value, {", ".join(MEASURES)})
SELECT day, whose.scope, whose.id, kind.dimension, kind.value, {", ".join(f"sum({name})" for name in MEASURES)}
FROM facts
CROSS JOIN LATERAL (VALUES ('all', NULL), ('team', facts.scope), ('user', facts.subject)) AS whose (scope, id)
CROSS JOIN LATERAL (
    VALUES ('total', ''), ('prompt', prompt_key), ('version', prompt_key || '@' || prompt_version), ('model', model),
        ('user', subject::text), ('team', facts.scope::text)
    UNION ALL SELECT 'tag', unnest(tags)
) AS kind (dimension, value)
WHERE NOT (sample AND whose.scope = 'all')
GROUP BY day, whose.scope, whose.id, kind.dimension, kind.value
ON CONFLICT (scope, scope_id, dimension, day, value) DO UPDATE SET
    {", ".join(f"{name} = day_.{name} + EXCLUDED.{name}" for name in MEASURES)}
"""  # noqa: S608 - put together of constants

# Adds `deltas`, by the id of a call.
ADD = f"""
, totals AS (
    SELECT call, {", ".join(f"sum({name}) AS {name}" for name in OF_CALLS)} FROM deltas GROUP BY call
), facts AS (
    SELECT totals.*, {", ".join(f"0 AS {name}" for name in OF_ANSWERS)},
        (log.created AT TIME ZONE %(zone)s)::date AS day, log.subject, log.scope, log.prompt_key,
        log.prompt_version, log.model, requests_app_usage_tags(log.metadata) AS tags,
        COALESCE(team.sample, false) AS sample
    FROM totals CROSS JOIN LATERAL (SELECT * FROM ai_llmusagelog WHERE id = totals.call OFFSET 0) AS log
    LEFT JOIN accounts_team AS team ON team.id = log.scope
)
{SUMS}
"""  # noqa: S608 - put together of constants

# The whole statement sees what was uncounted before it. A request counts where its first counted call is; an earlier
# one that comes late takes it over.
COUNT_USAGE = f"""
WITH batch AS (
    DELETE FROM requests_app_uncountedusage WHERE usage = ANY(%(ids)s::uuid[]) RETURNING usage
), fresh AS (
    SELECT log.* FROM batch CROSS JOIN LATERAL (SELECT * FROM ai_llmusagelog WHERE id = batch.usage OFFSET 0) AS log
), known AS (
    SELECT log.id, log.reference, log.attempt, batch.usage IS NOT NULL AS fresh
    FROM (SELECT DISTINCT reference FROM fresh WHERE kind = 'call') AS asked
    CROSS JOIN LATERAL (
        SELECT id, reference, attempt FROM ai_llmusagelog
        WHERE reference = asked.reference AND kind = 'call' OFFSET 0
    ) AS log
    LEFT JOIN batch ON batch.usage = log.id
    LEFT JOIN LATERAL (
        SELECT usage FROM requests_app_uncountedusage AS uncounted WHERE uncounted.usage = log.id OFFSET 0
    ) AS waiting ON true
    WHERE batch.usage IS NOT NULL OR waiting.usage IS NULL
), firsts AS (
    (SELECT DISTINCT ON (reference) id, 1 AS requests FROM known ORDER BY reference, attempt)
    UNION ALL
    (SELECT DISTINCT ON (reference) id, -1 FROM known WHERE NOT fresh ORDER BY reference, attempt)
), deltas AS (
    SELECT {OWN} FROM fresh AS calls WHERE calls.kind = 'call'
    UNION ALL
    SELECT {CORRECTED} FROM fresh AS correction CROSS JOIN LATERAL (
        SELECT * FROM ai_llmusagelog AS call
        WHERE call.reference = correction.reference AND call.attempt = correction.attempt AND call.kind = 'call'
        OFFSET 0
    ) AS calls
    WHERE correction.kind = 'correction'
    UNION ALL
    SELECT id, 0, requests, 0, 0, 0, 0, 0, 0, 0, 0 FROM firsts
)
{ADD}
"""  # noqa: S608 - put together of constants

COUNT_ANSWERS = f"""
WITH said AS (
    SELECT DISTINCT unnest(%(requests)s::uuid[]) AS request
), verdicts AS (
    SELECT said.request, CASE
        WHEN (rating = 1 OR verdict IN ('approved', 'edited')) AND COALESCE(rating, 1) = 1
            AND COALESCE(verdict, '') <> 'rejected'
        THEN (
            SELECT id FROM ai_llmusagelog WHERE reference = said.request AND kind = 'call' ORDER BY attempt DESC LIMIT 1
        ) END AS call
    FROM said
    LEFT JOIN requests_app_aioutputfeedback AS feedback ON feedback.request_id = said.request
    LEFT JOIN requests_app_aireviewqueue AS review ON review.request_id = said.request AND review.closed IS NOT NULL
), changed AS (
    SELECT verdicts.request, verdicts.call, before.call AS before
    FROM verdicts LEFT JOIN requests_app_approvedanswer AS before ON before.request = verdicts.request
    WHERE verdicts.call IS DISTINCT FROM before.call
), gone AS (
    DELETE FROM requests_app_approvedanswer AS answer USING changed
    WHERE answer.request = changed.request AND changed.call IS NULL
), come AS (
    INSERT INTO requests_app_approvedanswer (request, call)
    SELECT request, call FROM changed WHERE call IS NOT NULL
    ON CONFLICT (request) DO UPDATE SET call = EXCLUDED.call
), moves AS (
    SELECT call, 1 AS approved_answers FROM changed WHERE call IS NOT NULL
    UNION ALL SELECT before, -1 FROM changed WHERE before IS NOT NULL
), deltas AS (
    SELECT call, 0 AS calls, 0 AS requests, 0 AS input_tokens, 0 AS cache_read_tokens, 0 AS cache_write_tokens,
        0 AS output_tokens, 0 AS cost_usd, 0 AS unpriced_calls, 0 AS estimated_calls, approved_answers
    FROM moves
)
{ADD}
"""  # noqa: S608 - put together of constants

# Everything of one day that has been counted, from the log alone. What is still uncounted will be added to it.
REBUILD_DAY = f"""
WITH calls AS (
    SELECT * FROM ai_llmusagelog AS log
    WHERE kind = 'call' AND created >= (%(day)s::date::timestamp AT TIME ZONE %(zone)s) - interval '3 hours'
        AND created < ((%(day)s::date + 1)::timestamp AT TIME ZONE %(zone)s) + interval '3 hours'
        AND (created AT TIME ZONE %(zone)s)::date = %(day)s::date
), counted AS (
    SELECT * FROM calls
    WHERE NOT EXISTS (SELECT FROM requests_app_uncountedusage AS uncounted WHERE uncounted.usage = calls.id)
), deltas AS (
    SELECT {OWN} FROM counted AS calls
    UNION ALL
    SELECT {CORRECTED} FROM calls JOIN ai_llmusagelog AS correction
        ON correction.reference = calls.reference AND correction.attempt = calls.attempt
    WHERE correction.kind = 'correction'
        AND NOT EXISTS (SELECT FROM requests_app_uncountedusage AS uncounted WHERE uncounted.usage = correction.id)
    UNION ALL
    SELECT id, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 FROM counted
    WHERE NOT EXISTS (
        SELECT FROM ai_llmusagelog AS earlier
        WHERE earlier.reference = counted.reference AND earlier.kind = 'call' AND earlier.attempt < counted.attempt
            AND NOT EXISTS (SELECT FROM requests_app_uncountedusage AS uncounted WHERE uncounted.usage = earlier.id)
    )
    UNION ALL
    SELECT calls.id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    FROM calls JOIN requests_app_approvedanswer AS answer ON answer.call = calls.id
)
{ADD}
"""  # noqa: S608 - put together of constants

# Of answers that were delivered; nothing of it changes after that, but what is erased: the tags.
DELIVERED = f"""
    SELECT {", ".join(f"0 AS {name}" for name in OF_CALLS)}, 1 AS reusable_answers,
        (request.answered_by_id IS NOT NULL)::int AS served_again, COALESCE(request.saved_usd, 0) AS saved_usd,
        (request.answered_by_id IS NOT NULL AND request.saved_usd IS NULL)::int AS unpriced_served_again,
        (request.completed AT TIME ZONE %(zone)s)::date AS day, request.user_id AS subject, request.team_id AS scope,
        request.prompt_key, request.prompt_version, request.model, requests_app_usage_tags(request.metadata) AS tags,
        team.sample
"""
COUNT_REUSE = f"""
WITH batch AS (
    DELETE FROM requests_app_uncountedreuse WHERE request = ANY(%(ids)s::uuid[]) RETURNING request AS id
), facts AS (
    {DELIVERED}
    FROM batch CROSS JOIN LATERAL (SELECT * FROM requests_app_airequest WHERE id = batch.id OFFSET 0) AS request
    JOIN accounts_team AS team ON team.id = request.team_id
    WHERE request.completed IS NOT NULL
)
{SUMS}
"""  # noqa: S608 - put together of constants
REBUILD_REUSE = f"""
WITH facts AS (
    {DELIVERED}
    FROM requests_app_airequest AS request JOIN accounts_team AS team ON team.id = request.team_id
    WHERE request.status = 'done' AND request.fingerprint <> ''
        AND request.completed >= (%(day)s::date::timestamp AT TIME ZONE %(zone)s) - interval '3 hours'
        AND request.completed < ((%(day)s::date + 1)::timestamp AT TIME ZONE %(zone)s) + interval '3 hours'
        AND (request.completed AT TIME ZONE %(zone)s)::date = %(day)s::date
        AND NOT EXISTS (SELECT FROM requests_app_uncountedreuse AS uncounted WHERE uncounted.request = request.id)
)
{SUMS}
"""
JUDGED = """
INSERT INTO requests_app_uncountedanswer (request)
SELECT request_id FROM requests_app_aioutputfeedback
UNION SELECT request_id FROM requests_app_aireviewqueue WHERE closed IS NOT NULL
UNION SELECT request FROM requests_app_approvedanswer
"""
