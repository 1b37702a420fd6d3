from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ai_rag", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="knowledgevector",
            index=models.Index(
                condition=models.Q(("live", True), ("visibility", "all")),
                fields=["embedding_set"],
                name="vector_for_all",
            ),
        ),
    ]
