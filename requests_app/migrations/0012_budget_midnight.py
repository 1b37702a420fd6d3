"""A budget's window goes on in another time zone: what was used in it is not given again."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

OPEN = """
-- Opens what is missing of the windows of now for the budgets of a user and a team, and a hold with a share in each that
-- covers a call.
-- Returns what requests_app_move_hold does, and what else speaks against one more request of theirs, the request itself,
-- which the caller has inserted, being counted: 'user_busy' and 'team_busy' (how many are under way), 'too_fast' (seconds
-- until there is room in the minute). Counts are exact under concurrency: the user's own window and the team's row are
-- locked by then.
CREATE OR REPLACE FUNCTION requests_app_open_hold(
    p_reference uuid, p_user uuid, p_team uuid, p_expires timestamptz,
    p_cover_tokens numeric, p_cover_usd numeric, p_default_tokens numeric,
    p_most_of_user integer, p_most_of_team integer, p_most_a_minute integer
) RETURNS TABLE (kind text, subject uuid, amount numeric)
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    INSERT INTO requests_app_tokenbudget (id, user_id, measure, period, timezone)
    SELECT gen_random_uuid(), p_user, 'tokens', 'day', 'UTC'
    WHERE NOT EXISTS (
        SELECT FROM requests_app_tokenbudget WHERE user_id = p_user AND measure = 'tokens' AND period = 'day'
    )
    ON CONFLICT DO NOTHING;

    IF EXISTS (
        SELECT FROM requests_app_tokenbudget AS budget
        WHERE (budget.user_id = p_user OR budget.team_id = p_team) AND NOT EXISTS (
            SELECT FROM requests_app_budgetwindow AS window_
            WHERE window_.budget_id = budget.id AND window_.starts <= v_now AND window_.ends > v_now
        )
    ) THEN
        -- Nobody moves a budget's midnight while its next window is being opened.
        PERFORM FROM requests_app_tokenbudget WHERE user_id = p_user OR team_id = p_team ORDER BY id FOR SHARE;
        INSERT INTO requests_app_budgetwindow (id, budget_id, starts, ends, used, held, announced)
        SELECT gen_random_uuid(), budget.id, GREATEST(this.midnight AT TIME ZONE budget.timezone, earlier.ends),
            (this.midnight + ('1 ' || budget.period)::interval) AT TIME ZONE budget.timezone, 0, 0, 0
        FROM requests_app_tokenbudget AS budget
        CROSS JOIN LATERAL (SELECT date_trunc(budget.period, v_now AT TIME ZONE budget.timezone) AS midnight) AS this
        CROSS JOIN LATERAL (
            SELECT max(ends) AS ends FROM requests_app_budgetwindow WHERE budget_id = budget.id AND starts <= v_now
        ) AS earlier
        WHERE (budget.user_id = p_user OR budget.team_id = p_team) AND (earlier.ends IS NULL OR earlier.ends <= v_now)
        ORDER BY budget.id
        ON CONFLICT DO NOTHING;
    END IF;

    INSERT INTO requests_app_budgethold (reference, state, expires) VALUES (p_reference, 'open', p_expires);
    INSERT INTO requests_app_holdshare (id, hold_id, window_id, held, used)
    SELECT gen_random_uuid(), p_reference, window_.id, 0, 0
    FROM requests_app_budgetwindow AS window_
    JOIN requests_app_tokenbudget AS budget ON budget.id = window_.budget_id
    WHERE (budget.user_id = p_user OR budget.team_id = p_team)
        AND window_.starts <= v_now AND window_.ends > v_now;
    RETURN QUERY SELECT * FROM requests_app_move_hold(
        p_reference, 0, 0, p_cover_tokens, p_cover_usd, p_default_tokens, false
    );

    IF p_most_of_user IS NOT NULL THEN
        RETURN QUERY SELECT 'user_busy', p_user, count(*)::numeric FROM requests_app_airequest
            WHERE user_id = p_user AND status IN ('pending', 'processing') HAVING count(*) > p_most_of_user;
    END IF;
    IF p_most_of_team IS NOT NULL THEN
        PERFORM FROM accounts_team WHERE id = p_team FOR NO KEY UPDATE;
        RETURN QUERY SELECT 'team_busy', p_team, count(*)::numeric FROM requests_app_airequest
            WHERE team_id = p_team AND status IN ('pending', 'processing') HAVING count(*) > p_most_of_team;
    END IF;
    IF p_most_a_minute IS NOT NULL THEN
        RETURN QUERY SELECT 'too_fast', p_user, EXTRACT(EPOCH FROM last.created + interval '1 minute' - clock_timestamp())
            FROM (
                SELECT created FROM requests_app_airequest WHERE user_id = p_user
                ORDER BY created DESC, id DESC OFFSET p_most_a_minute LIMIT 1
            ) AS last
            WHERE last.created > clock_timestamp() - interval '1 minute';
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0011_fair_claims"),
    ]

    operations = [
        # Going back leaves this function, which is right for what was before, too.
        migrations.RunSQL(OPEN, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="tokenbudget",
            trigger=pgtrigger.compiler.Trigger(
                name="move_midnight",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."timezone" IS DISTINCT FROM (NEW."timezone"))',
                    func="\nUPDATE requests_app_budgetwindow AS window_ SET ends = CASE\n    WHEN latest.midnight > clock_timestamp() THEN latest.midnight\n    WHEN latest.ends > clock_timestamp() THEN latest.next_midnight\n    ELSE latest.ends END\nFROM (\n    SELECT id, ends, (ends AT TIME ZONE OLD.timezone) AT TIME ZONE NEW.timezone AS midnight,\n        (date_trunc(NEW.period, clock_timestamp() AT TIME ZONE NEW.timezone) + ('1 ' || NEW.period)::interval)\n            AT TIME ZONE NEW.timezone AS next_midnight\n    FROM requests_app_budgetwindow WHERE budget_id = NEW.id AND starts <= clock_timestamp()\n    ORDER BY starts DESC LIMIT 1\n) AS latest\nWHERE window_.id = latest.id;\nDELETE FROM requests_app_budgetwindow WHERE budget_id = NEW.id AND starts > clock_timestamp();\nRETURN NULL;\n",
                    hash="ef0d36cb60951286b2735141b199239a21f0f93e",
                    operation='UPDATE OF "timezone"',
                    pgid="pgtrigger_move_midnight_b73c8",
                    table="requests_app_tokenbudget",
                    when="AFTER",
                ),
            ),
        ),
    ]
