"""Sample data goes with the reports and sums that counted it."""

from django.db import migrations

REMOVE = """
-- Sample data: teams with the mark, the people whose personal team is one of them, what these teams pay for or these people
-- have sent, and all that hangs on it. Whatever else points to any of it stops the whole removal, by its foreign key.
-- A window of a budget that stays gives back what was used for sample requests; one that was opened for them goes.
-- Reports of days that counted sample data go with their figures, and so do the reviews of prompts that they have opened:
-- whoever calls has them made again of what is left, as well as the sums of usage of those who stay. Returns how many of each kind are gone.
CREATE OR REPLACE FUNCTION requests_app_remove_samples() RETURNS TABLE (kind text, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_ignored text := current_setting('pgtrigger.ignore', true);
    v_teams uuid[];
    v_people uuid[];
    v_requests uuid[];
    v_items uuid[];
    v_budgets uuid[];
    v_windows uuid[];
    v_days date[];
BEGIN
    SELECT array_agg(id), array_agg(personal_of_id) FILTER (WHERE personal_of_id IS NOT NULL) INTO v_teams, v_people
        FROM (SELECT id, personal_of_id FROM accounts_team WHERE sample ORDER BY id FOR UPDATE) AS team;
    IF v_teams IS NULL THEN
        RETURN;
    END IF;
    v_people := COALESCE(v_people, '{}');
    SELECT COALESCE(array_agg(id), '{}') INTO v_requests FROM (
        SELECT id FROM requests_app_airequest WHERE team_id = ANY(v_teams) OR user_id = ANY(v_people)
        ORDER BY id FOR UPDATE
    ) AS request;
    SELECT COALESCE(array_agg(id), '{}') INTO v_items FROM requests_app_aireviewqueue WHERE request_id = ANY(v_requests);
    SELECT COALESCE(array_agg(id), '{}') INTO v_budgets
        FROM requests_app_tokenbudget WHERE team_id = ANY(v_teams) OR user_id = ANY(v_people);
    SELECT COALESCE(array_agg(id), '{}') INTO v_windows FROM (
        SELECT id FROM requests_app_budgetwindow
        WHERE id IN (SELECT window_id FROM requests_app_holdshare WHERE hold_id = ANY(v_requests))
        ORDER BY id FOR UPDATE
    ) AS window_;
    SELECT array_agg(day) INTO v_days FROM requests_app_qualityreport AS report
        WHERE EXISTS (
            SELECT FROM requests_app_airequest AS request WHERE request.id = ANY(v_requests)
            AND request.created < report.ends AND COALESCE(request.completed, request.created) >= report.starts
        ) OR EXISTS (
            SELECT FROM requests_app_aioutputfeedback AS feedback WHERE feedback.request_id = ANY(v_requests)
            AND feedback.created < report.ends AND feedback.created >= report.starts
        );
    -- The tables that are written once: they lose what is sample data, and nothing else.
    PERFORM set_config('pgtrigger.ignore', (
        SELECT array_agg(tgname)::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger\\_insert\\_only\\_%'
    ), true);

    DELETE FROM requests_app_qualityday WHERE day = ANY(v_days);
    DELETE FROM requests_app_qualityreport WHERE day = ANY(v_days);
    DELETE FROM requests_app_promptreview WHERE closed_by_id = ANY(v_people) OR closed IS NULL AND day BETWEEN
        (SELECT min(day) FROM unnest(v_days) AS day) AND (SELECT max(day) + 13 FROM unnest(v_days) AS day);
    DELETE FROM requests_app_aioutputfeedback WHERE request_id = ANY(v_requests);
    GET DIAGNOSTICS amount = ROW_COUNT;
    RETURN QUERY SELECT 'ratings', amount;
    DELETE FROM requests_app_reviewaction WHERE item_id = ANY(v_items);
    DELETE FROM requests_app_aireviewqueue WHERE id = ANY(v_items);
    GET DIAGNOSTICS amount = ROW_COUNT;
    RETURN QUERY SELECT 'reviews', amount;
    DELETE FROM requests_app_uncountedusage
        WHERE usage IN (SELECT id FROM ai_llmusagelog WHERE reference = ANY(v_requests));
    DELETE FROM requests_app_approvedanswer WHERE request = ANY(v_requests);
    DELETE FROM requests_app_uncountedanswer WHERE request = ANY(v_requests);
    DELETE FROM requests_app_usageday
        WHERE scope = 'team' AND scope_id = ANY(v_teams) OR scope = 'user' AND scope_id = ANY(v_people);
    DELETE FROM ai_llmusagelog WHERE reference = ANY(v_requests);
    GET DIAGNOSTICS amount = ROW_COUNT;
    RETURN QUERY SELECT 'calls', amount;

    UPDATE requests_app_budgetwindow AS window_ SET used = window_.used - gone.used, held = window_.held - gone.held
        FROM (
            SELECT window_id, sum(used) AS used, sum(held) AS held FROM requests_app_holdshare
            WHERE hold_id = ANY(v_requests) GROUP BY window_id
        ) AS gone WHERE window_.id = gone.window_id;
    DELETE FROM requests_app_holdshare WHERE hold_id = ANY(v_requests);
    DELETE FROM requests_app_budgethold WHERE reference = ANY(v_requests);
    DELETE FROM requests_app_budgetwindow AS window_ WHERE budget_id = ANY(v_budgets) OR id = ANY(v_windows)
        AND ends <= clock_timestamp()
        AND NOT EXISTS (SELECT FROM requests_app_holdshare AS share WHERE share.window_id = window_.id);
    DELETE FROM requests_app_tokenbudget WHERE id = ANY(v_budgets);
    DELETE FROM requests_app_historicaltokenbudget WHERE id = ANY(v_budgets);

    DELETE FROM requests_app_streamchunk WHERE request_id = ANY(v_requests);
    DELETE FROM requests_app_requestmove WHERE request_id = ANY(v_requests);
    DELETE FROM requests_app_aiattempt WHERE request_id = ANY(v_requests);
    DELETE FROM requests_app_idempotencykey WHERE request_id = ANY(v_requests) OR user_id = ANY(v_people);
    UPDATE requests_app_airequest SET retry_of_id = NULL WHERE retry_of_id = ANY(v_requests);
    UPDATE requests_app_airequest SET answered_by_id = NULL WHERE answered_by_id = ANY(v_requests);
    DELETE FROM requests_app_airequest WHERE id = ANY(v_requests);
    GET DIAGNOSTICS amount = ROW_COUNT;
    RETURN QUERY SELECT 'requests', amount;

    DELETE FROM requests_app_costalertday
        WHERE alert_id IN (SELECT id FROM requests_app_costalert WHERE team_id = ANY(v_teams));
    DELETE FROM requests_app_costalert WHERE team_id = ANY(v_teams);
    DELETE FROM requests_app_historicalcostalert WHERE team_id = ANY(v_teams);
    DELETE FROM accounts_membership WHERE team_id = ANY(v_teams) OR user_id = ANY(v_people);
    DELETE FROM accounts_apitoken WHERE user_id = ANY(v_people);
    DELETE FROM accounts_user_groups WHERE user_id = ANY(v_people);
    DELETE FROM accounts_user_user_permissions WHERE user_id = ANY(v_people);
    DELETE FROM accounts_team WHERE id = ANY(v_teams);
    RETURN QUERY SELECT 'teams', (cardinality(v_teams) - cardinality(v_people))::bigint;
    DELETE FROM accounts_user WHERE id = ANY(v_people);
    RETURN QUERY SELECT 'people', cardinality(v_people)::bigint;

    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    PERFORM set_config('pgtrigger.ignore', v_ignored, true);
END
$$;
REVOKE ALL ON FUNCTION requests_app_remove_samples() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0019_reuse")]
    # Going back leaves this function, some of whose tables are gone then: go back to before 0015 as well, or forward.
    operations = [migrations.RunSQL(REMOVE, migrations.RunSQL.noop)]
