"""Documents meet the index: what the wiring stages, reads and removes."""

from __future__ import annotations

from ai.rag.models import KnowledgeDocument, State
from documents import fields, library
from documents.library import Changes, Draft
from tests.integration.rag.shelf import Shelf, indexed, live


def knowledge(shelf: Shelf) -> KnowledgeDocument:
    row = KnowledgeDocument.objects.get(source_type="document")
    KnowledgeDocument.objects.update(not_before=row.staged)
    return row


def test_a_document_is_found_follows_its_edits_and_goes(shelf: Shelf) -> None:
    made = library.create(shelf.owner, Draft(content=fields.of_text("The quay was rebuilt."), title="Quay")).document
    row = indexed(knowledge(shelf))
    assert (row.state, row.title, row.subject, row.source) == (State.READY, "Quay", shelf.owner.pk, made.pk)
    assert [each.text for each in shelf.passages(row)] == ["The quay was rebuilt."]
    library.edit(shelf.owner, made.pk, Changes(content=fields.of_text("The quay fell.")))
    assert [each.text for each in shelf.passages(row)] == ["The quay was rebuilt."]
    row = indexed(knowledge(shelf))
    assert [each.text for each in shelf.passages(row)] == ["The quay fell."]
    library.edit(shelf.owner, made.pk, Changes(fields={"visibility": "all"}))
    row.refresh_from_db()
    assert (row.state, row.visibility) == (State.READY, "all")
    library.delete(shelf.owner, made.pk)
    row.refresh_from_db()
    assert row.state == State.REMOVED
    assert not live(row)
