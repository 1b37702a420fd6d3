"""Workers take requests in a fair order whose cost does not grow with the queue."""

from django.conf import settings
from django.db import migrations, models

CLAIM = """
-- The best lane first; in it the user with the fewest requests running, and of those the one who has waited longest. Users
-- are found by hops through the index, one each, so that a claim costs by the users who wait and not by what they wait for.
CREATE OR REPLACE FUNCTION requests_app_claim_next(p_lease uuid) RETURNS SETOF requests_app_airequest
LANGUAGE plpgsql
-- A plan that was made while the table was small is kept: it must be right for a large one.
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
DECLARE
    v_lane text;
    v_user uuid;
BEGIN
    -- A lease that a sweep has taken, or is taking now, claims nothing.
    PERFORM 1 FROM requests_app_workerlease WHERE id = p_lease FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    FOREACH v_lane IN ARRAY ARRAY['interactive', 'normal', 'bulk'] LOOP
        FOR v_user IN
            WITH RECURSIVE waiting AS (
                (
                    SELECT user_id FROM requests_app_airequest
                    WHERE status = 'pending' AND lane = v_lane ORDER BY user_id LIMIT 1
                )
                UNION ALL
                SELECT further.user_id FROM waiting CROSS JOIN LATERAL (
                    SELECT user_id FROM requests_app_airequest
                    WHERE status = 'pending' AND lane = v_lane AND user_id > waiting.user_id ORDER BY user_id LIMIT 1
                ) AS further
            ), busy AS (
                SELECT user_id, count(*) AS running FROM requests_app_airequest
                WHERE status = 'processing' GROUP BY user_id
            )
            SELECT waiting.user_id
            FROM waiting CROSS JOIN LATERAL (
                SELECT created, id FROM requests_app_airequest AS due
                WHERE due.status = 'pending' AND due.lane = v_lane AND due.user_id = waiting.user_id
                    AND due.deadline > clock_timestamp()
                    AND (due.not_before IS NULL OR due.not_before <= clock_timestamp())
                ORDER BY created, id LIMIT 1
            ) AS oldest
            LEFT JOIN busy ON busy.user_id = waiting.user_id
            ORDER BY COALESCE(busy.running, 0), oldest.created, oldest.id
        LOOP
            RETURN QUERY
            UPDATE requests_app_airequest SET
                status = 'processing',
                attempt = attempt + 1,
                lease_id = p_lease,
                not_before = NULL,
                started = COALESCE(started, clock_timestamp())
            WHERE id = (
                SELECT due.id FROM requests_app_airequest AS due
                WHERE due.status = 'pending' AND due.lane = v_lane AND due.user_id = v_user
                    AND due.deadline > clock_timestamp()
                    AND (due.not_before IS NULL OR due.not_before <= clock_timestamp())
                ORDER BY due.created, due.id
                LIMIT 1
                FOR UPDATE SKIP LOCKED
            )
            RETURNING *;
            IF FOUND THEN
                RETURN;
            END IF;
        END LOOP;
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_token_last_used"),
        ("ai", "0003_usage_labels"),
        ("requests_app", "0010_open_by_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="airequest",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["lane", "user", "created", "id"],
                name="request_queue",
            ),
        ),
        # The function of 0002 goes on being right: going back leaves this one, which needs the index for its speed only.
        migrations.RunSQL(CLAIM, migrations.RunSQL.noop),
    ]
