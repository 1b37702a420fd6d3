from django.db import migrations

# What a sample request was given goes with it. A passage of a sample document goes with the document, also from what
# others asked: their answers stay.
WITH_REQUEST = """
CREATE FUNCTION requests_app_sources_go() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM requests_app_citation WHERE request_id = OLD.id;
    DELETE FROM requests_app_requestsource WHERE request_id = OLD.id;
    RETURN OLD;
END
$$;
CREATE TRIGGER sources_go BEFORE DELETE ON requests_app_airequest
    FOR EACH ROW EXECUTE FUNCTION requests_app_sources_go();
"""
STAY = """
DROP TRIGGER sources_go ON requests_app_airequest;
DROP FUNCTION requests_app_sources_go();
"""
INDEX_GOES = """
CREATE OR REPLACE FUNCTION requests_app_index_goes_with_samples() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone record;
    passages uuid[];
BEGIN
    FOR gone IN
        SELECT id, subject FROM ai_rag_knowledgedocument WHERE scope = OLD.id OR subject = OLD.personal_of_id
    LOOP
        PERFORM set_config('lintel.subject', gone.subject::text, true);
        {sources}
        UPDATE ai_rag_knowledgechunk SET cited = false WHERE knowledge_document_id = gone.id AND cited;
        DELETE FROM ai_rag_knowledgechunk WHERE knowledge_document_id = gone.id;
        DELETE FROM ai_rag_knowledgevector WHERE knowledge_document_id = gone.id;
        DELETE FROM ai_rag_knowledgedocument WHERE id = gone.id;
    END LOOP;
    PERFORM set_config('lintel.subject', '', true);
    RETURN OLD;
END
$$;
"""
SOURCES = """
        passages := ARRAY(SELECT id FROM ai_rag_knowledgechunk WHERE knowledge_document_id = gone.id);
        DELETE FROM requests_app_citation
        WHERE source_id IN (SELECT id FROM requests_app_requestsource WHERE chunk_id = ANY(passages));
        DELETE FROM requests_app_requestsource WHERE chunk_id = ANY(passages);
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0026_sources")]

    operations = [
        migrations.RunSQL(WITH_REQUEST, STAY),
        migrations.RunSQL(INDEX_GOES.format(sources=SOURCES), INDEX_GOES.format(sources="")),
    ]
