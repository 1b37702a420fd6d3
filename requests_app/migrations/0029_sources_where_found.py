import django.db.models.deletion
from django.db import migrations, models

# Sources of before get the place that their passages have now. Its owner alone may look past the passages' own guard.
FILL = """
ALTER TABLE ai_rag_knowledgechunk NO FORCE ROW LEVEL SECURITY;
UPDATE requests_app_requestsource AS source
SET document_id = chunk.knowledge_document_id, version = chunk.version, ordinal = chunk.ordinal,
    start = chunk.start, "end" = chunk."end"
FROM ai_rag_knowledgechunk AS chunk WHERE chunk.id = source.chunk_id;
ALTER TABLE ai_rag_knowledgechunk FORCE ROW LEVEL SECURITY;
"""


def _number(verbose: str, *, null: bool, big: bool = False) -> models.Field:
    kind = models.BigIntegerField if big else models.PositiveIntegerField
    return kind(verbose_name=verbose, null=True) if null else kind(verbose_name=verbose)


def _document(*, null: bool) -> models.Field:
    more = {"null": True} if null else {}
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="ai_rag.knowledgedocument",
        verbose_name="document",
        **more,
    )


def _fields(*, null: bool) -> dict[str, models.Field]:
    return {
        "document": _document(null=null),
        "version": _number("version", null=null, big=True),
        "ordinal": _number("place", null=null),
        "start": _number("start", null=null),
        "end": _number("end", null=null),
    }


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0028_stale_sources")]

    operations = [
        *(
            migrations.AddField(model_name="requestsource", name=name, field=field)
            for name, field in _fields(null=True).items()
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        *(
            migrations.AlterField(model_name="requestsource", name=name, field=field)
            for name, field in _fields(null=False).items()
        ),
    ]
