"""What an answer rests on: on its page, over the API, for staff, and when it goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import User
from ai.rag import staging
from ai.rag.ingest import reindex
from ai.rag.models import KnowledgeChunk, KnowledgeDocument
from ai.rag.viewing import viewing
from documents import library
from documents.fields import of_text
from documents.library import Changes, Draft
from requests_app import deletion, review
from requests_app.models import AIRequest, AIReviewQueue, Citation, RequestSource, ReviewKind, ReviewVerdict, Status
from requests_app.models.clock import DatabaseClock, seconds_from_now
from tests.integration.rag.answers import answered, begin, edit, give
from tests.integration.rag.shelf import TYPE, Shelf, indexed, story

pytestmark = pytest.mark.usefixtures("target")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def dora() -> User:
    return User.objects.create_user("dora")


@pytest.fixture
def quay(shelf: Shelf) -> KnowledgeDocument:
    return indexed(shelf.put(story(3), visibility="all"))


def page(user: User, request: AIRequest, part: str = "") -> str:
    return client_of(user).get(f"/requests/{request.pk}{part}").content.decode()


def told(user: User, request: AIRequest) -> dict[str, list[dict[str, object]]]:
    body: dict[str, list[dict[str, object]]] = client_of(user).get(f"/api/v1/requests/{request.pk}").json()
    return body


def test_marks_lead_to_the_panel_of_their_passage(shelf: Shelf, quay: KnowledgeDocument, dora: User) -> None:
    passage = shelf.passages(quay)[0]
    request = answered(dora, passage, text="It was laid [1]. The moon is far [7].")
    shown = page(dora, request)
    for part in (shown, page(dora, request, "/answer")):
        assert 'href="#source-1"' in part
        assert part.count("This number points to no passage.") == 2  # seen, and heard
        assert "#source-7" not in part
    assert 'id="source-1"' in shown
    assert passage.text[:40] in shown
    assert "One number in this answer points to no passage." in shown
    first, second = told(dora, request)["citations"]
    assert (first["points_to"], second["points_to"], second["quote"]) == ("passage", "nothing", None)


def test_nothing_is_told_before_the_answer_is_delivered(shelf: Shelf, quay: KnowledgeDocument, dora: User) -> None:
    passage = shelf.passages(quay)[0]
    request = begin(dora)
    give(request, passage)
    shown = page(dora, request.request)
    assert passage.text[:40] not in shown
    assert "#source-1" not in shown
    assert told(dora, request.request)["sources"] == []


def test_passages_that_are_hidden_now_are_told_nowhere(
    shelf: Shelf, quay: KnowledgeDocument, dora: User, caplog: pytest.LogCaptureFixture
) -> None:
    request = answered(dora, shelf.passages(quay)[0])
    staging.stage(shelf.source(quay.source, 1, "private", title="A secret title"))
    for part in ("", "/state", "/answer"):
        shown = page(dora, request, part)
        assert "masons" not in shown
        assert "A secret title" not in shown
    shown = page(dora, request)
    assert 'href="#source-1"' in shown
    assert 'id="source-1"' in shown
    assert "This passage is of a document that you may no longer see." in shown
    body = told(dora, request)
    assert body["sources"] == []
    assert body["citations"] == [{"position": 13, "key": 1, "points_to": "hidden", "quote": None}]
    table = str(list(client_of(dora).get("/history.csv")))
    assert "masons" not in table + caplog.text


def test_staff_read_numbers_and_no_passage(shelf: Shelf, quay: KnowledgeDocument, dora: User) -> None:
    request = answered(dora, shelf.passages(quay)[0])
    boss = User.objects.create_superuser("boss")
    shown = client_of(boss).get(f"/admin/requests_app/airequest/{request.pk}/change/?texts")
    assertContains(shown, str(quay.pk))
    assertNotContains(shown, "masons")
    assertNotContains(shown, "A text")


def test_a_source_leads_to_the_passage_in_its_document(shelf: Shelf, target: object, dora: User) -> None:
    document = library.create(dora, Draft(content=of_text(story(3)), title="Quay")).document
    KnowledgeDocument.objects.update(not_before=DatabaseClock())
    row = KnowledgeDocument.objects.get(source=document.pk)
    reindex(row.pk)
    with viewing(subject=dora.pk, scopes=[]):
        passage = KnowledgeChunk.objects.filter(knowledge_document=row).earliest("ordinal")
    request = answered(dora, passage)
    library.edit(dora, document.pk, Changes(content=of_text("Other words.")))
    where = f"/documents/{document.pk}?version=1&amp;from={passage.start}&amp;to={passage.end}#passage"
    assert where in page(dora, request)
    there = where.replace("&amp;", "&")
    assertContains(client_of(dora).get(there), f'<mark id="passage">{passage.text[:40]}')
    assert client_of(shelf.owner).get(there).status_code == 404


def test_citations_are_of_the_text_that_a_reviewer_delivers(shelf: Shelf, quay: KnowledgeDocument, dora: User) -> None:
    claim = begin(dora)
    give(claim, shelf.passages(quay)[0], shelf.passages(indexed(shelf.put(story(2), visibility="all")))[0])
    AIRequest.objects.filter(pk=claim.request.pk).move(Status.REVIEW)
    AIReviewQueue.objects.create(
        request=claim.request,
        kind=ReviewKind.GATE,
        reasons=[],
        priority=50,
        due=seconds_from_now(60),
        text="It was laid [1].",
        verdict=ReviewVerdict.EDITED,
        edited_text="A mason laid it [2].",
        decided_by=shelf.owner,
        decided_at=DatabaseClock(),
        effective_at=seconds_from_now(-1),
    )
    assert review.deliver() == 1
    assert list(Citation.objects.values_list("position", "key")) == [(17, 2)]


def erased(request: AIRequest) -> None:
    deletion.delete(request)
    AIRequest.objects.filter(pk=request.pk).update(deleted_at=DatabaseClock() - deletion.KEPT - timedelta(hours=1))
    assert deletion.erase() == 1


def kept(shelf: Shelf) -> list[bool]:
    with viewing(subject=shelf.owner.pk, scopes=[]):
        return list(KnowledgeChunk.objects.order_by("pk").values_list("cited", flat=True))


def test_what_rested_on_a_document_goes_with_the_last_request(
    shelf: Shelf, quay: KnowledgeDocument, dora: User
) -> None:
    passage = shelf.passages(quay)[0]
    first, last = answered(dora, passage), answered(shelf.owner, passage)
    edit(shelf, quay, "Another text.")
    assert kept(shelf) == [True, False]
    erased(first)
    assert kept(shelf) == [True, False]
    assert set(RequestSource.objects.values_list("request", flat=True)) == {last.pk}
    erased(last)
    assert kept(shelf) == [False]
    assert not RequestSource.objects.exists()
    assert not Citation.objects.exists()


def test_passages_of_a_living_document_stay(shelf: Shelf, quay: KnowledgeDocument, dora: User) -> None:
    request = answered(dora, shelf.passages(quay)[0])
    KnowledgeDocument.objects.update(visibility="private")  # dora sees it no longer
    erased(request)
    assert set(kept(shelf)) == {False}


def test_requests_that_were_erased_show_no_sources(shelf: Shelf, quay: KnowledgeDocument, dora: User) -> None:
    request = answered(dora, shelf.passages(quay)[0])
    staging.remove(TYPE, quay.source)
    assert "masons" in page(dora, request)  # it stays as it was cited
    erased(request)
    assert kept(shelf) == []
