from django.db import migrations, models

# Sources of before get the place that their passages have now. Its owner alone may look past the passages' own guard.
FILL = """
ALTER TABLE ai_rag_knowledgechunk NO FORCE ROW LEVEL SECURITY;
UPDATE requests_app_requestsource AS source
SET document = chunk.knowledge_document_id, version = chunk.version, ordinal = chunk.ordinal,
    start = chunk.start, "end" = chunk."end"
FROM ai_rag_knowledgechunk AS chunk WHERE chunk.id = source.chunk_id;
ALTER TABLE ai_rag_knowledgechunk FORCE ROW LEVEL SECURITY;
"""


def _fields(*, null: bool) -> dict[str, models.Field]:
    return {
        "document": models.UUIDField(verbose_name="document", null=null),
        "version": models.BigIntegerField(verbose_name="version", null=null),
        "ordinal": models.PositiveIntegerField(verbose_name="place", null=null),
        "start": models.PositiveIntegerField(verbose_name="start", null=null),
        "end": models.PositiveIntegerField(verbose_name="end", null=null),
    }


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0028_stale_sources")]

    operations = [
        *(
            migrations.AddField(model_name="requestsource", name=name, field=field)
            for name, field in _fields(null=True).items()
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        *(
            migrations.AlterField(model_name="requestsource", name=name, field=field)
            for name, field in _fields(null=False).items()
        ),
    ]
