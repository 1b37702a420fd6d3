"""The one function by which workers take requests."""

from django.db import migrations

CREATE = """
CREATE FUNCTION requests_app_claim_next(p_lease uuid) RETURNS SETOF requests_app_airequest
LANGUAGE plpgsql AS $$
BEGIN
    -- A lease that a sweep has taken, or is taking now, claims nothing.
    PERFORM 1 FROM requests_app_workerlease WHERE id = p_lease FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    UPDATE requests_app_airequest SET
        status = 'processing',
        attempt = attempt + 1,
        lease_id = p_lease,
        not_before = NULL,
        started = COALESCE(started, clock_timestamp())
    WHERE id = (
        SELECT waiting.id FROM requests_app_airequest AS waiting
        LEFT JOIN (
            SELECT user_id, count(*) AS running FROM requests_app_airequest WHERE status = 'processing' GROUP BY user_id
        ) AS busy ON busy.user_id = waiting.user_id
        WHERE waiting.status = 'pending'
            AND waiting.deadline > clock_timestamp()
            AND (waiting.not_before IS NULL OR waiting.not_before <= clock_timestamp())
        ORDER BY array_position(ARRAY['interactive', 'normal', 'bulk'], waiting.lane::text),
            COALESCE(busy.running, 0), waiting.created, waiting.id
        LIMIT 1
        FOR UPDATE OF waiting SKIP LOCKED
    )
    RETURNING *;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION requests_app_claim_next(uuid)")]
