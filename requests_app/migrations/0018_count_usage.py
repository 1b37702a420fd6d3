"""Whatever is to be summed up by day says so in the transaction that writes it; what was there before says so now."""

from django.db import migrations

# Insert-only rows: a statement's rows are marked together. Nobody writes the log between the trigger and the marking of
# what it holds already, for the trigger's lock lasts as long as this migration.
USAGE = """
CREATE FUNCTION requests_app_usage_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO requests_app_uncountedusage (usage) SELECT id FROM written;
    RETURN NULL;
END
$$;
CREATE TRIGGER requests_app_usage_written AFTER INSERT ON ai_llmusagelog
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION requests_app_usage_written();
INSERT INTO requests_app_uncountedusage (usage) SELECT id FROM ai_llmusagelog;
"""
NO_USAGE = """
DROP TRIGGER requests_app_usage_written ON ai_llmusagelog;
DROP FUNCTION requests_app_usage_written();
DELETE FROM requests_app_uncountedusage;
"""

# What people say of an answer changes and is taken back: marked is that it is to be looked at, not how it stands.
ANSWERS = """
CREATE FUNCTION requests_app_answer_judged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO requests_app_uncountedanswer (request)
    VALUES (CASE WHEN TG_OP = 'DELETE' THEN OLD.request_id ELSE NEW.request_id END);
    RETURN NULL;
END
$$;
CREATE TRIGGER requests_app_answer_rated AFTER INSERT OR DELETE OR UPDATE OF rating ON requests_app_aioutputfeedback
    FOR EACH ROW EXECUTE FUNCTION requests_app_answer_judged();
CREATE TRIGGER requests_app_answer_reviewed AFTER INSERT OR DELETE OR UPDATE OF verdict, closed
    ON requests_app_aireviewqueue FOR EACH ROW EXECUTE FUNCTION requests_app_answer_judged();
INSERT INTO requests_app_uncountedanswer (request)
    SELECT request_id FROM requests_app_aioutputfeedback
    UNION SELECT request_id FROM requests_app_aireviewqueue WHERE closed IS NOT NULL;
"""
NO_ANSWERS = """
DROP TRIGGER requests_app_answer_rated ON requests_app_aioutputfeedback;
DROP TRIGGER requests_app_answer_reviewed ON requests_app_aireviewqueue;
DROP FUNCTION requests_app_answer_judged();
DELETE FROM requests_app_uncountedanswer;
"""

# The sums of a team or a person that is removed, as sample data is, go with it.
OWNERS = """
CREATE FUNCTION requests_app_usage_owner_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM requests_app_usageday WHERE scope = TG_ARGV[0] AND scope_id = OLD.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER requests_app_usage_of_team AFTER DELETE ON accounts_team
    FOR EACH ROW EXECUTE FUNCTION requests_app_usage_owner_gone('team');
CREATE TRIGGER requests_app_usage_of_user AFTER DELETE ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION requests_app_usage_owner_gone('user');
"""
NO_OWNERS = """
DROP TRIGGER requests_app_usage_of_team ON accounts_team;
DROP TRIGGER requests_app_usage_of_user ON accounts_user;
DROP FUNCTION requests_app_usage_owner_gone();
"""

# The first ten different tags of `tags`, a list, and `tag`; 64 characters of each. '' stands for none.
TAGS = """
CREATE FUNCTION requests_app_usage_tags(metadata jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(array_agg(tag), ARRAY['']) FROM (
        SELECT tag FROM (
            SELECT left(btrim(item #>> '{}'), 64) AS tag, place FROM jsonb_array_elements(
                CASE jsonb_typeof(metadata -> 'tags') WHEN 'array' THEN metadata -> 'tags' ELSE '[]' END
                || jsonb_build_array(metadata -> 'tag')
            ) WITH ORDINALITY AS items (item, place)
            WHERE jsonb_typeof(item) = 'string'
        ) AS texts
        WHERE tag <> '' GROUP BY tag ORDER BY min(place) LIMIT 10
    ) AS tags
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0017_usage_days"),
    ]

    operations = [
        migrations.RunSQL(TAGS, "DROP FUNCTION requests_app_usage_tags(jsonb)"),
        migrations.RunSQL(USAGE, NO_USAGE),
        migrations.RunSQL(ANSWERS, NO_ANSWERS),
        migrations.RunSQL(OWNERS, NO_OWNERS),
    ]
