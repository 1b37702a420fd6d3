"""Triggers of the campaign's own: they write down what rows alone do not tell afterwards, in the same transactions."""

from __future__ import annotations

from tests.faults.oracles.facts import Rise, Sql, Taking, rows_of

CREATE = """
CREATE TABLE campaign_rise (id bigserial, window_id uuid, used numeric, held numeric, "limit" numeric);
CREATE TABLE campaign_taking (
    id bigserial, request_id uuid, before uuid, after uuid, attempt_before integer, attempt_after integer
);
CREATE TABLE campaign_stray (id bigserial, request_id uuid, attempt integer);
CREATE FUNCTION campaign_see_stray() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- A statement that was sent after the next claim saw at least that the former one had been taken back.
    INSERT INTO campaign_stray (request_id, attempt)
    SELECT NEW.request_id, NEW.attempt WHERE EXISTS (
        SELECT FROM requests_app_requestmove AS move WHERE move.request_id = NEW.request_id
        AND move.target = 'processing' AND move.attempt > NEW.attempt AND move.at < statement_timestamp()
    );
    RETURN NULL;
END $$;
CREATE TRIGGER campaign_stray AFTER INSERT ON requests_app_streamchunk
    FOR EACH ROW EXECUTE FUNCTION campaign_see_stray();
CREATE FUNCTION campaign_see_rise() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO campaign_rise (window_id, used, held, "limit")
    SELECT NEW.id, NEW.used, NEW.held, budget."limit" FROM requests_app_tokenbudget AS budget
    WHERE budget.id = NEW.budget_id;
    RETURN NULL;
END $$;
CREATE TRIGGER campaign_rise AFTER UPDATE ON requests_app_budgetwindow
    FOR EACH ROW WHEN (NEW.held > OLD.held) EXECUTE FUNCTION campaign_see_rise();
CREATE FUNCTION campaign_see_taking() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO campaign_taking (request_id, before, after, attempt_before, attempt_after)
    VALUES (NEW.id, OLD.lease_id, NEW.lease_id, OLD.attempt, NEW.attempt);
    RETURN NULL;
END $$;
CREATE TRIGGER campaign_taking AFTER UPDATE ON requests_app_airequest
    FOR EACH ROW WHEN (NEW.lease_id IS DISTINCT FROM OLD.lease_id) EXECUTE FUNCTION campaign_see_taking();
"""
RISES = (
    'SELECT window_id::text AS "window", used, held, "limit" FROM campaign_rise WHERE window_id IN'
    " (SELECT window_id FROM requests_app_holdshare WHERE hold_id = ANY(%s::uuid[])) ORDER BY id"
)
TAKINGS = (
    "SELECT request_id::text AS request, before::text, after::text, attempt_before, attempt_after"
    " FROM campaign_taking WHERE request_id = ANY(%s::uuid[]) ORDER BY id"
)
STRAYS = "SELECT DISTINCT request_id::text FROM campaign_stray WHERE request_id = ANY(%s::uuid[])"


def strays(sql: Sql, ids: list[str]) -> list[str]:
    return [request_id for (request_id,) in sql(STRAYS, ids)]


def rises(sql: Sql, ids: list[str]) -> list[Rise]:
    return rows_of(Rise, RISES, sql, ids)


def takings(sql: Sql, ids: list[str]) -> list[Taking]:
    return rows_of(Taking, TAKINGS, sql, ids)
