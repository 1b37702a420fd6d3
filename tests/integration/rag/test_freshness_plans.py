"""What a change makes stale is found by index, however many answers there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from uuid_utils.compat import uuid7

from accounts.models import User
from ai.rag.models import KnowledgeChunk, KnowledgeDocument
from ai.rag.viewing import viewing
from requests_app import freshness
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, Citation, RequestSource
from requests_app.pages.citing import citing

pytestmark = pytest.mark.usefixtures("committed")

DOCUMENTS, PASSAGES, REQUESTS = 300, 10, 40
TABLES = ("ai_rag_knowledgechunk", "ai_rag_knowledgedocument", "requests_app_requestsource", "requests_app_citation")


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def document(alice: User) -> UUID:
    """One of many, all cited; of each the first passage is superseded."""
    documents = [
        KnowledgeDocument(source_type="test", source=uuid7(), subject=alice.pk, scope=alice.personal_team_id, wanted=1)
        for _number in range(DOCUMENTS)
    ]
    KnowledgeDocument.objects.bulk_create(documents)
    chunks = [passage(each, number) for each in documents for number in range(PASSAGES)]
    with viewing(subject=alice.pk, scopes=[]):
        KnowledgeChunk.objects.bulk_create(chunks)
    text = Submission(prompt_key="document_summary", payload={"document": "The quay."})
    requests = [accept(alice, text).request for _number in range(REQUESTS)]
    cite_all(requests, chunks)
    with connections["owner"].cursor() as owner:
        for table in (*TABLES, "requests_app_airequest"):
            owner.execute(f"ANALYZE {table}")
    return documents[7].pk


def passage(document: KnowledgeDocument, number: int) -> KnowledgeChunk:
    return KnowledgeChunk(
        knowledge_document=document, version=1, generation=1, ordinal=number, text="A text", start=0, end=6,
        content_hash=f"{number}", tokens=2, cited=True, superseded=None if number else 2,
    )  # fmt: skip


def cite_all(requests: list[AIRequest], chunks: list[KnowledgeChunk]) -> None:
    share = len(chunks) // len(requests)
    rows = [
        RequestSource(
            request=request,
            chunk=chunk,
            document=chunk.knowledge_document_id,
            version=1,
            ordinal=0,
            start=0,
            end=1,
            key=key,
        )
        for turn, request in enumerate(requests)
        for key, chunk in enumerate(chunks[turn * share : (turn + 1) * share], start=1)
    ]
    RequestSource.objects.bulk_create(rows)
    Citation.objects.bulk_create(
        Citation(request_id=row.request_id, position=row.key, key=row.key, source=row) for row in rows
    )


def test_marking_reads_one_documents_passages(alice: User, document: UUID) -> None:
    asked: dict[str, Any] = {"document": document, "version": 2, "reason": "changed"}
    with viewing(subject=alice.pk, scopes=[]), connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + freshness.MARK, asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    for table in TABLES:
        assert f"Seq Scan on {table}" not in plan, plan
    assert "chunk_of_document" in plan, plan
    assert "requests_app_requestsource_chunk_id" in plan, plan


def test_what_is_marked_is_what_one_document_lost(alice: User, document: UUID) -> None:
    asked: dict[str, Any] = {"document": document, "version": 2, "reason": "changed"}
    with viewing(subject=alice.pk, scopes=[]), connection.cursor() as cursor:
        cursor.execute(freshness.MARK, asked)
    assert RequestSource.objects.filter(stale_since__isnull=False).count() == 1


def test_ones_answers_that_cite_a_document_are_found_by_its_passages(alice: User, document: UUID) -> None:
    with viewing(subject=alice.pk, scopes=[]):
        plan = citing(alice, document).explain()
    for table in set(TABLES) - {"ai_rag_knowledgedocument"}:  # which row-level security reads
        assert f"Seq Scan on {table}" not in plan, plan


def test_the_stale_of_one_person_are_found_by_the_index_of_what_is_stale(alice: User, document: UUID) -> None:
    plan = freshness.stale(AIRequest.objects.owned_by(alice)).explain()
    assert "source_stale" in plan, plan
    assert "Seq Scan on requests_app_citation" not in plan, plan
