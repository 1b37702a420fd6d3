"""Row-level security on passages, with no filter in any query."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from ai.rag.models import KnowledgeChunk
from ai.rag.viewing import viewing
from tests.integration.rag.library import ALICE, BOB, GUESTS, MALLORY, STAFF, put

pytestmark = pytest.mark.django_db


def seen() -> set[str]:
    return set(KnowledgeChunk.objects.values_list("text", flat=True))


@pytest.fixture(autouse=True)
def shelf() -> None:
    put("alice's own", owner=ALICE)
    put("alice's for staff", owner=ALICE, visibility="team")
    put("bob's own", owner=BOB)
    put("bob's for all", owner=BOB, visibility="all")


def test_nobody_in_particular_sees_what_is_for_all() -> None:
    assert seen() == {"bob's for all"}


def test_each_sees_their_own_and_what_is_shared() -> None:
    with viewing(subject=ALICE, scopes=[]):
        assert seen() == {"alice's own", "alice's for staff", "bob's for all"}
    with viewing(subject=BOB, scopes=[GUESTS, STAFF]):
        assert seen() == {"bob's own", "alice's for staff", "bob's for all"}
    with viewing(subject=MALLORY, scopes=[GUESTS]):
        assert seen() == {"bob's for all"}
    assert seen() == {"bob's for all"}


def test_a_view_within_a_view_ends_with_it() -> None:
    with viewing(subject=ALICE, scopes=[]):
        with viewing(subject=BOB, scopes=[]):
            assert "bob's own" in seen()
        assert "alice's own" in seen()
        assert "bob's own" not in seen()
        with pytest.raises(ZeroDivisionError), viewing(subject=BOB, scopes=[]):
            _ = 1 / 0
        assert "bob's own" not in seen()


def test_nobody_writes_into_another_ones_document() -> None:
    chunk = put("more", owner=ALICE)
    forged = KnowledgeChunk(
        knowledge_document=chunk.knowledge_document, version=1, generation=1, ordinal=1, text="forged",
        start=0, end=6, content_hash="x", tokens=1,
    )  # fmt: skip
    with pytest.raises(ProgrammingError, match="row-level security"), viewing(subject=MALLORY, scopes=[STAFF]):
        forged.save()


def test_it_binds_the_tables_owner_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'ai_rag_knowledgechunk'"
        )
        assert cursor.fetchone() == (True, True)


def test_a_cited_passage_cannot_be_deleted() -> None:
    with viewing(subject=ALICE, scopes=[]):
        mine = KnowledgeChunk.objects.filter(text="alice's own")
        mine.update(cited=True)
        with pytest.raises(Exception, match="Cannot delete"), transaction.atomic():
            mine.delete()
        with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
            mine.update(text="never said")
