from django.db import migrations

# What is indexed of sample documents goes with the team that carries the mark, in one commit with the documents. The
# passages are seen by their owner alone, also here.
GO = """
CREATE FUNCTION requests_app_index_goes_with_samples() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone record;
BEGIN
    FOR gone IN
        SELECT id, subject FROM ai_rag_knowledgedocument WHERE scope = OLD.id OR subject = OLD.personal_of_id
    LOOP
        PERFORM set_config('lintel.subject', gone.subject::text, true);
        UPDATE ai_rag_knowledgechunk SET cited = false WHERE knowledge_document_id = gone.id AND cited;
        DELETE FROM ai_rag_knowledgechunk WHERE knowledge_document_id = gone.id;
        DELETE FROM ai_rag_knowledgevector WHERE knowledge_document_id = gone.id;
        DELETE FROM ai_rag_knowledgedocument WHERE id = gone.id;
    END LOOP;
    PERFORM set_config('lintel.subject', '', true);
    RETURN OLD;
END
$$;
CREATE TRIGGER index_goes BEFORE DELETE ON accounts_team
    FOR EACH ROW WHEN (OLD.sample) EXECUTE FUNCTION requests_app_index_goes_with_samples();
"""
STAY = """
DROP TRIGGER index_goes ON accounts_team;
DROP FUNCTION requests_app_index_goes_with_samples();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ai_rag", "0002_vector_for_all"),
        ("requests_app", "0024_count_reuse"),
    ]

    operations = [migrations.RunSQL(GO, STAY)]
