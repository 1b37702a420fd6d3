"""What is marked as sample data may be removed by a click, so nobody but the tables' owner gives or moves the mark."""

from django.db import migrations

# Not by pgtrigger, whose triggers any session may ask to be left out.
GUARD = """
CREATE FUNCTION accounts_keep_sample_mark() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Only the owner of % says what is sample data', TG_TABLE_NAME USING ERRCODE = '42501';
END
$$;
CREATE TRIGGER keep_sample_mark_of_new BEFORE INSERT ON accounts_team
    FOR EACH ROW WHEN (NEW.sample) EXECUTE FUNCTION accounts_keep_sample_mark();
CREATE TRIGGER keep_sample_mark BEFORE UPDATE OF sample, personal_of_id ON accounts_team
    FOR EACH ROW WHEN (
        NEW.sample IS DISTINCT FROM OLD.sample
        OR (NEW.sample AND NEW.personal_of_id IS DISTINCT FROM OLD.personal_of_id)
    ) EXECUTE FUNCTION accounts_keep_sample_mark();
"""
LET_GO = """
DROP TRIGGER keep_sample_mark ON accounts_team;
DROP TRIGGER keep_sample_mark_of_new ON accounts_team;
DROP FUNCTION accounts_keep_sample_mark();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_sample_teams")]
    operations = [migrations.RunSQL(GUARD, LET_GO)]
