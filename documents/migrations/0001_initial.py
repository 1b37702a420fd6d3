import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

# Sample data is removed with the teams that carry its mark; whatever hangs on one goes along with it. And a document
# that people made stays what it is: it cannot be moved under a sample team, or to a sample person.
SAMPLES = """
CREATE FUNCTION documents_go_with_samples() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM documents_document WHERE team_id = OLD.id OR owner_id = OLD.personal_of_id;
    RETURN OLD;
END
$$;
CREATE TRIGGER documents_go BEFORE DELETE ON accounts_team
    FOR EACH ROW WHEN (OLD.sample) EXECUTE FUNCTION documents_go_with_samples();
CREATE FUNCTION documents_keep_owner() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM accounts_team WHERE sample
        AND (id = NEW.team_id AND id <> OLD.team_id OR personal_of_id = NEW.owner_id AND NEW.owner_id <> OLD.owner_id)
    ) THEN
        RAISE EXCEPTION 'A document does not become sample data' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_owner BEFORE UPDATE OF team_id, owner_id ON documents_document
    FOR EACH ROW WHEN (NEW.team_id <> OLD.team_id OR NEW.owner_id <> OLD.owner_id)
    EXECUTE FUNCTION documents_keep_owner();
"""
LEAVE = """
DROP TRIGGER documents_go ON accounts_team;
DROP FUNCTION documents_go_with_samples();
DROP TRIGGER keep_owner ON documents_document;
DROP FUNCTION documents_keep_owner();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0005_team_tier"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DocumentContent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("content_type", models.CharField(max_length=100, verbose_name="type")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("data", models.BinaryField(verbose_name="bytes")),
            ],
            options={
                "verbose_name": "content of a document",
                "verbose_name_plural": "contents of documents",
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("source_url", models.CharField(blank=True, max_length=2000, verbose_name="source")),
                (
                    "visibility",
                    models.CharField(
                        choices=[("private", "only me"), ("team", "my team"), ("all", "everybody here")],
                        default="private",
                        max_length=8,
                        verbose_name="visible to",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "permissions": [("view_document_text", "Can read the documents of others, after asking for them")],
            },
        ),
        migrations.CreateModel(
            name="DocumentText",
            fields=[
                (
                    "content",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="documents.documentcontent",
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                (
                    "created",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
            ],
            options={
                "verbose_name": "text of a document",
                "verbose_name_plural": "texts of documents",
            },
        ),
        migrations.AddField(
            model_name="documentcontent",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="documents.document",
            ),
        ),
        migrations.CreateModel(
            name="DocumentKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("method", models.CharField(max_length=8, verbose_name="method")),
                ("path", models.CharField(max_length=200, verbose_name="path")),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                ("body_hash", models.CharField(max_length=64, verbose_name="body hash")),
                (
                    "created",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="documents.document"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "idempotency key",
                "verbose_name_plural": "idempotency keys",
            },
        ),
        migrations.CreateModel(
            name="DocumentVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "kind",
                    models.CharField(choices=[("text", "text"), ("file", "file")], max_length=8, verbose_name="kind"),
                ),
                (
                    "filename",
                    models.CharField(
                        blank=True, help_text="As its sender calls it.", max_length=255, verbose_name="file name"
                    ),
                ),
                (
                    "content_type",
                    models.CharField(
                        help_text="By its content, whatever its name says.", max_length=100, verbose_name="type"
                    ),
                ),
                ("size", models.PositiveBigIntegerField(help_text="In bytes.", verbose_name="size")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("restored_from", models.PositiveIntegerField(blank=True, null=True, verbose_name="restored from")),
                (
                    "created",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "content",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="documents.documentcontent"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="versions",
                        to="documents.document",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a document",
                "verbose_name_plural": "versions of documents",
                "ordering": ["-number"],
            },
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                models.F("owner"), models.OrderBy(models.F("id"), descending=True), name="document_by_owner"
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                models.F("team"), models.OrderBy(models.F("id"), descending=True), name="document_by_team"
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("visibility", "all")),
                name="document_for_all",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", ["private", "team", "all"])), name="document_visibility_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(condition=models.Q(("version__gte", 1)), name="document_has_a_version"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="document",
            trigger=pgtrigger.compiler.Trigger(
                name="take_along",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nPERFORM FROM documents_documentcontent WHERE document_id = OLD.id FOR UPDATE;  -- no text is stored meanwhile\nDELETE FROM documents_documentkey WHERE document_id = OLD.id;\nDELETE FROM documents_documentversion WHERE document_id = OLD.id;\nDELETE FROM documents_documenttext WHERE content_id IN\n    (SELECT id FROM documents_documentcontent WHERE document_id = OLD.id);\nDELETE FROM documents_documentcontent WHERE document_id = OLD.id;\nRETURN NULL;\n",
                    hash="33fca3d4ad727b97e4d842311d89ae4c9d95048e",
                    operation="DELETE",
                    pgid="pgtrigger_take_along_8c998",
                    table="documents_document",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documenttext",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="17c1dbbd67a1b4dad0c8fce3d9715c28e0255e3b",
                    operation="UPDATE",
                    pgid="pgtrigger_insert_only_b109e",
                    table="documents_documenttext",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documenttext",
            trigger=pgtrigger.compiler.Trigger(
                name="stay",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF EXISTS (\n    SELECT FROM documents_documentcontent AS content JOIN documents_document AS document\n    ON document.id = content.document_id WHERE content.id = OLD.content_id\n) THEN\n    RAISE EXCEPTION 'A version and its content stay while their document does';\nEND IF;\nRETURN OLD;\n",
                    hash="bf1b19949a10209a62cfcc9996538ead65a8be85",
                    operation="DELETE",
                    pgid="pgtrigger_stay_a5e9d",
                    table="documents_documenttext",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="documentcontent",
            constraint=models.UniqueConstraint(
                fields=("document", "sha256", "content_type"), name="document_content_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentcontent",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="65036f0e0ad9f5bb28a3a5f30a3a41693eab1a5d",
                    operation="UPDATE",
                    pgid="pgtrigger_insert_only_5b19e",
                    table="documents_documentcontent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentcontent",
            trigger=pgtrigger.compiler.Trigger(
                name="stay",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF EXISTS (SELECT FROM documents_document WHERE id = OLD.document_id) THEN\n    RAISE EXCEPTION 'A version and its content stay while their document does';\nEND IF;\nRETURN OLD;\n",
                    hash="e8dc54e0f517d106a135158caa2853bc0e43860f",
                    operation="DELETE",
                    pgid="pgtrigger_stay_3022d",
                    table="documents_documentcontent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="documentkey",
            index=models.Index(fields=["created"], name="document_key_by_age"),
        ),
        migrations.AddConstraint(
            model_name="documentkey",
            constraint=models.UniqueConstraint(fields=("user", "method", "path", "key"), name="document_key_once"),
        ),
        migrations.AddIndex(
            model_name="documentversion",
            index=models.Index(fields=["created_by", "created"], name="document_version_by_maker"),
        ),
        migrations.AddConstraint(
            model_name="documentversion",
            constraint=models.UniqueConstraint(fields=("document", "number"), name="document_version_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentversion",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="d3861d72d83396fcba1c59f74690380c750b9904",
                    operation="UPDATE",
                    pgid="pgtrigger_insert_only_b2bc2",
                    table="documents_documentversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentversion",
            trigger=pgtrigger.compiler.Trigger(
                name="stay",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF EXISTS (SELECT FROM documents_document WHERE id = OLD.document_id) THEN\n    RAISE EXCEPTION 'A version and its content stay while their document does';\nEND IF;\nRETURN OLD;\n",
                    hash="6622e4b353fa0204f02e1a3523812ca58f10c2ee",
                    operation="DELETE",
                    pgid="pgtrigger_stay_9dcf4",
                    table="documents_documentversion",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(SAMPLES, LEAVE),
    ]
