"""The two functions behind ``requests_app.ledger``: each is one round trip, and locks windows in the order of their ids."""

from django.db import migrations

OPEN = """
-- Opens the windows of now for the budgets of a user and a team, and a hold with a share in each that covers a call.
-- Returns what requests_app_move_hold does, and what else speaks against one more request of theirs, the request itself,
-- which the caller has inserted, being counted: 'user_busy' and 'team_busy' (how many are under way), 'too_fast' (seconds
-- until there is room in the minute). Counts are exact under concurrency: the user's own window and the team's row are
-- locked by then.
CREATE FUNCTION requests_app_open_hold(
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

    INSERT INTO requests_app_budgetwindow (id, budget_id, starts, ends, used, held, announced)
    SELECT gen_random_uuid(), opened.id, opened.starts AT TIME ZONE opened.timezone,
        (opened.starts + ('1 ' || opened.period)::interval) AT TIME ZONE opened.timezone, 0, 0, 0
    FROM (
        SELECT budget.*, date_trunc(budget.period, v_now AT TIME ZONE budget.timezone) AS starts
        FROM requests_app_tokenbudget AS budget
        WHERE budget.user_id = p_user OR budget.team_id = p_team
    ) AS opened
    ORDER BY opened.id
    ON CONFLICT DO NOTHING;

    INSERT INTO requests_app_budgethold (reference, state, expires) VALUES (p_reference, 'open', p_expires);
    INSERT INTO requests_app_holdshare (id, hold_id, window_id, held, used)
    SELECT gen_random_uuid(), p_reference, window_.id, 0, 0
    FROM requests_app_budgetwindow AS window_
    JOIN requests_app_tokenbudget AS budget ON budget.id = window_.budget_id
    WHERE (budget.user_id = p_user OR budget.team_id = p_team)
        AND window_.starts = date_trunc(budget.period, v_now AT TIME ZONE budget.timezone) AT TIME ZONE budget.timezone;
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

MOVE = """
-- Books what was spent, then makes the hold cover what the next call may spend; or closes it. Spending is booked in any
-- case. Returned are the windows that have no room for the cover ('full'; then nothing is added to any of them), and those
-- whose use has reached 80 or 100 percent of the limit for the first time ('reached', with the percentage).
-- An unknown price (p_usd NULL) takes all that was held in dollars.
CREATE FUNCTION requests_app_move_hold(
    p_reference uuid, p_tokens numeric, p_usd numeric, p_cover_tokens numeric, p_cover_usd numeric,
    p_default_tokens numeric, p_close boolean
) RETURNS TABLE (kind text, subject uuid, amount numeric)
LANGUAGE plpgsql AS $$
DECLARE
    v_share record;
    v_spent numeric;
    v_left numeric;
    v_cover numeric;
    v_full uuid[] := '{}';
    v_reached smallint;
BEGIN
    FOR v_share IN
        SELECT share.id, share.held, window_.id AS window_id, window_.used + window_.held - share.held AS others,
            window_.used, window_.announced, budget.measure,
            CASE WHEN budget."limit" IS NOT NULL THEN budget."limit"
                WHEN budget.measure = 'tokens' AND budget.period = 'day' AND budget.user_id IS NOT NULL
                THEN p_default_tokens END AS most
        FROM requests_app_holdshare AS share
        JOIN requests_app_budgetwindow AS window_ ON window_.id = share.window_id
        JOIN requests_app_tokenbudget AS budget ON budget.id = window_.budget_id
        WHERE share.hold_id = p_reference
        ORDER BY window_.id FOR UPDATE OF window_, share
    LOOP
        v_spent := CASE v_share.measure WHEN 'tokens' THEN p_tokens ELSE COALESCE(p_usd, v_share.held) END;
        v_cover := CASE v_share.measure WHEN 'tokens' THEN p_cover_tokens ELSE p_cover_usd END;
        v_left := CASE WHEN p_close THEN 0 ELSE GREATEST(v_share.held - GREATEST(v_spent, 0), 0) END;
        UPDATE requests_app_holdshare SET used = used + v_spent, held = v_left WHERE id = v_share.id;
        v_reached := CASE WHEN v_share.used + v_spent >= v_share.most THEN 100
            WHEN v_share.used + v_spent >= v_share.most * 0.8 THEN 80 ELSE 0 END;
        UPDATE requests_app_budgetwindow SET used = used + v_spent, held = held - v_share.held + v_left,
            announced = GREATEST(announced, v_reached)
        WHERE id = v_share.window_id;
        IF v_reached > v_share.announced THEN
            RETURN QUERY SELECT 'reached', v_share.window_id, v_reached::numeric;
        END IF;
        IF v_cover > v_left AND v_share.others + v_spent + v_cover > v_share.most THEN
            v_full := v_full || v_share.window_id;
        END IF;
    END LOOP;

    IF p_close THEN
        UPDATE requests_app_budgethold SET state = 'settled', closed = clock_timestamp()
        WHERE reference = p_reference AND state = 'open';
    ELSIF v_full = '{}' THEN
        WITH topped AS (
            UPDATE requests_app_holdshare AS share SET held = wanted.cover
            FROM (
                SELECT holding.id, holding.held AS before,
                    CASE budget.measure WHEN 'tokens' THEN p_cover_tokens ELSE p_cover_usd END AS cover
                FROM requests_app_holdshare AS holding
                JOIN requests_app_budgetwindow AS window_ ON window_.id = holding.window_id
                JOIN requests_app_tokenbudget AS budget ON budget.id = window_.budget_id
                WHERE holding.hold_id = p_reference
            ) AS wanted
            WHERE share.id = wanted.id AND wanted.cover > share.held
            RETURNING share.window_id, share.held - wanted.before AS more
        )
        UPDATE requests_app_budgetwindow AS window_ SET held = window_.held + topped.more
        FROM topped WHERE window_.id = topped.window_id;
    END IF;
    RETURN QUERY SELECT 'full', full_window, NULL::numeric FROM unnest(v_full) AS full_window;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0005_budgets")]
    operations = [
        migrations.RunSQL(
            OPEN,
            "DROP FUNCTION requests_app_open_hold(uuid, uuid, uuid, timestamptz, numeric, numeric, numeric, integer, integer, integer)",
        ),
        migrations.RunSQL(
            MOVE,
            "DROP FUNCTION requests_app_move_hold(uuid, numeric, numeric, numeric, numeric, numeric, boolean)",
        ),
    ]
