from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

# A vector in its row is compared without a second look-up, which comparing all that is visible does for each; rows of
# before stay as they are until they are written again. MAIN: where not all fits into a page, the words go out first.
INLINE = """
ALTER TABLE ai_rag_knowledgevector SET (toast_tuple_target = 8160);
ALTER TABLE ai_rag_knowledgevector ALTER COLUMN embedding SET STORAGE MAIN;
"""
OUTSIDE = """
ALTER TABLE ai_rag_knowledgevector RESET (toast_tuple_target);
ALTER TABLE ai_rag_knowledgevector ALTER COLUMN embedding SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("ai_rag", "0002_vector_for_all")]

    operations = [
        migrations.RunSQL(INLINE, OUTSIDE),
        AddIndexConcurrently(
            model_name="knowledgevector",
            index=models.Index(
                condition=models.Q(("live", True)), fields=["embedding_set", "subject"], name="vector_of_owner"
            ),
        ),
        AddIndexConcurrently(
            model_name="knowledgevector",
            index=models.Index(
                condition=models.Q(("live", True), ("visibility", "team")),
                fields=["embedding_set", "scope"],
                include=["subject"],
                name="vector_of_team",
            ),
        ),
        AddIndexConcurrently(
            model_name="knowledgevector",
            index=models.Index(
                condition=models.Q(("live", True), ("visibility", "all")),
                fields=["embedding_set"],
                include=["subject"],
                name="vector_of_everybody",
            ),
        ),
        RemoveIndexConcurrently(model_name="knowledgevector", name="vector_of_subject"),
        RemoveIndexConcurrently(model_name="knowledgevector", name="vector_of_scope"),
        RemoveIndexConcurrently(model_name="knowledgevector", name="vector_for_all"),
    ]
