"""The Documents pages with what the index and one's own answers add to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from ai.rag.models import KnowledgeChunk, KnowledgeDocument
from ai.rag.viewing import viewing
from documents import contents, library
from documents.contents import Content
from documents.library import Changes, Draft
from documents.models import Document
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, Citation, RequestSource, Status
from tests.integration.pages.conftest import ended


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def written(user: User, title: str = "Lease", visibility: str = "private") -> Document:
    content = Content(kind="text", data=b"Ninety days.", content_type="text/markdown")
    return library.create(user, Draft(content=content, title=title, visibility=visibility)).document


def become(document: Document, state: str, **facts: Any) -> KnowledgeDocument:
    KnowledgeDocument.objects.filter(source=document.pk).update(state=state, **facts)
    return KnowledgeDocument.objects.get(source=document.pk)


def indexed(document: Document, *texts: str) -> list[KnowledgeChunk]:
    row = become(document, "ready", total=len(texts), done=len(texts), indexed=document.version, generation=1)
    with viewing(subject=document.owner_id, scopes=[]):
        return [
            KnowledgeChunk.objects.create(
                knowledge_document=row, version=1, generation=1, ordinal=place, text=text, start=0, end=len(text),
                content_hash=text, tokens=2, cited=True, heading_path=["Terms"],
            )
            for place, text in enumerate(texts)
        ]  # fmt: skip


def cites(user: User, passage: KnowledgeChunk, *, question: str, stale: bool = False) -> AIRequest:
    request = ended(accept(user, Submission(prompt_key="document_summary", payload={"document": question})).request)
    source = RequestSource.objects.create(
        request=request, chunk=passage, key=1, document=passage.knowledge_document_id, version=1,
        ordinal=passage.ordinal, start=passage.start, end=passage.end,
    )  # fmt: skip
    Citation.objects.create(request=request, position=3, key=1, source=source)
    if stale:
        RequestSource.objects.filter(pk=source.pk).update(stale_since=request.completed, stale_reason="changed")
    return request


@pytest.fixture
def lease(alice: User) -> Document:
    return written(alice)


@pytest.fixture
def mine(alice: User) -> Client:
    return client_of(alice)


STEPS = [
    ("staged", {}, "waiting to be read", 4),
    ("extracting", {"done": 0, "total": 0}, "reading", 8),
    ("extracting", {"done": 3, "total": 10}, "reading, 3 of 10", 16),
    ("chunking", {}, "cutting into passages", 35),
    ("embedding", {"done": 12, "total": 40}, "embedding, 12 of 40 passages", 58),
]


@pytest.mark.parametrize(("state", "facts", "words", "percent"), STEPS)
def test_each_step_is_told_on_both_pages(
    mine: Client, lease: Document, state: str, facts: dict[str, int], words: str, percent: int
) -> None:
    become(lease, state, **facts)
    for path in ("/documents", f"/documents/{lease.pk}", f"/documents/states?id={lease.pk}"):
        shown = mine.get(path)
        assertContains(shown, words)
        assertContains(shown, f'<progress max="100" value="{percent}"')
        assertContains(shown, "data-moving")


def test_what_is_ready_moves_no_more(mine: Client, lease: Document) -> None:
    indexed(lease, "Ninety days.")
    shown = mine.get(f"/documents/states?id={lease.pk}")
    assertContains(shown, "ready, 1 passage")
    assertNotContains(shown, "data-moving")


def test_a_failure_says_why_and_offers_another_try(mine: Client, lease: Document) -> None:
    become(lease, "failed", error="The file has a password.", error_code="encrypted")
    for path in ("/documents", f"/documents/{lease.pk}"):
        shown = mine.get(path)
        assertContains(shown, "The file has a password.")
        assertContains(shown, f'action="/documents/{lease.pk}/index"')


def test_why_it_failed_is_for_its_owner(mallory: User, alice: User) -> None:
    shared = written(alice, visibility="all")
    become(shared, "failed", error="The file has a password.", error_code="encrypted")
    shown = client_of(mallory).get(f"/documents/{shared.pk}")
    assertContains(shown, "could not be indexed")
    assertNotContains(shown, "password")
    assertNotContains(shown, f"/documents/{shared.pk}/index")


def test_its_owner_has_it_tried_again(mine: Client, lease: Document) -> None:
    before = become(lease, "failed", error="No.", error_code="x", failures=5)
    assertRedirects(mine.post(f"/documents/{lease.pk}/index"), f"/documents/{lease.pk}")
    row = KnowledgeDocument.objects.get()
    assert (row.state, row.failures, row.error, row.attempt) == ("staged", 0, "", before.attempt + 1)


@pytest.mark.parametrize("state", ["staged", "embedding", "ready"])
def test_what_has_not_failed_is_left_alone(mine: Client, lease: Document, state: str) -> None:
    before = become(lease, state)
    assertContains(mine.post(f"/documents/{lease.pk}/index", follow=True), "has not failed")
    assert KnowledgeDocument.objects.get().attempt == before.attempt


@pytest.mark.parametrize(("visibility", "status"), [("private", 404), ("all", 403)])
def test_nobody_else_has_it_tried_again(alice: User, mallory: User, visibility: str, status: int) -> None:
    lease = written(alice, visibility=visibility)
    become(lease, "failed", error="No.")
    assert client_of(mallory).post(f"/documents/{lease.pk}/index").status_code == status
    assert KnowledgeDocument.objects.get().state == "failed"


def test_a_link_tries_nothing_again(mine: Client, lease: Document) -> None:
    become(lease, "failed")
    assertRedirects(mine.get(f"/documents/{lease.pk}/index"), f"/documents/{lease.pk}")
    assert KnowledgeDocument.objects.get().state == "failed"


def test_strangers_follow_nothing(lease: Document, mallory: User) -> None:
    theirs = client_of(mallory)
    assertNotContains(theirs.get(f"/documents/states?id={lease.pk}&id=nonsense"), "data-indexing")
    assert theirs.get(f"/documents/{lease.pk}/knowledge").status_code == 404


@pytest.mark.django_db
def test_parts_of_the_page_never_become_the_log_in(lease: Document) -> None:
    for path in ("/documents/states", f"/documents/{lease.pk}/knowledge"):
        assert Client().get(path).status_code == 401


def test_a_list_asks_the_index_once(mine: Client, alice: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            mine.get("/documents")
        return len(queries)

    written(alice)
    one = asked()
    for number in range(5):
        written(alice, title=f"{number}")
    assert asked() == one


def test_a_documents_page_shows_its_passages(mine: Client, lease: Document) -> None:
    indexed(lease, *(f"Passage {number}." for number in range(21)))
    shown = mine.get(f"/documents/{lease.pk}")
    assertContains(shown, "Passage 19.")
    assertNotContains(shown, "Passage 20.")
    assertContains(mine.get(f"/documents/{lease.pk}?passages=20"), "Passage 20.")
    assertContains(mine.get(f"/documents/{lease.pk}?passages=nonsense"), "Passage 0.")


def test_passages_of_an_earlier_version_are_its_owners(mine: Client, alice: User, mallory: User) -> None:
    shared = written(alice, visibility="all")
    indexed(shared, "What was before.")
    new = Content(kind="text", data=b"What is now.", content_type="text/markdown")
    library.edit(alice, shared.pk, Changes(content=new))
    shown = mine.get(f"/documents/{shared.pk}")
    assertContains(shown, "What was before.")
    assertContains(shown, "Version 1 is what is found meanwhile.")
    assertNotContains(client_of(mallory).get(f"/documents/{shared.pk}"), "What was before.")
    assert contents.current(Document.objects.get()).number == 2


def test_ones_own_answers_that_cite_it_are_listed(mine: Client, alice: User, mallory: User) -> None:
    shared = written(alice, visibility="all")
    [passage] = indexed(shared, "Ninety days.")
    fresh = cites(alice, passage, question="How long?")
    stale = cites(alice, passage, question="How much?", stale=True)
    secret = cites(mallory, passage, question="A secret question")
    shown = mine.get(f"/documents/{shared.pk}")
    assertContains(shown, f'href="/requests/{fresh.pk}"')
    assertContains(shown, "source changed", count=1)
    assertContains(shown, f'action="/requests/{stale.pk}/retry"')
    assertNotContains(shown, f'action="/requests/{fresh.pk}/retry"')
    assertNotContains(shown, str(secret.pk))
    assertNotContains(shown, "secret question")


def test_answers_that_were_deleted_or_do_not_cite_it_are_not(mine: Client, alice: User, lease: Document) -> None:
    one, other = indexed(lease, "Ninety days.", "Five years.")
    gone = cites(alice, one, question="How long?")
    AIRequest.objects.filter(pk=gone.pk).update(deleted_at=gone.completed)
    shown_only = cites(alice, other, question="How much?")
    Citation.objects.filter(request=shown_only).delete()
    assert shown_only.status == Status.DONE
    assertContains(mine.get(f"/documents/{lease.pk}"), "None of your answers cites this document yet.")


def test_text_of_a_passage_is_no_markup(mine: Client, lease: Document) -> None:
    indexed(lease, "<script>alert(1)</script>")
    assertNotContains(mine.get(f"/documents/{lease.pk}"), "<script>alert(1)")
