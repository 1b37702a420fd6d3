"""Who reads an answer learns that its documents have changed: on its page, in History and over the API."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import User
from ai.rag import staging
from ai.rag.models import KnowledgeDocument
from requests_app.models import AIRequest
from tests.integration.rag.answers import answered, edit
from tests.integration.rag.shelf import TYPE, Shelf, indexed, story

pytestmark = pytest.mark.usefixtures("target")


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def dora() -> User:
    return User.objects.create_user("dora")


@pytest.fixture
def quay(shelf: Shelf) -> KnowledgeDocument:
    return indexed(shelf.put(story(3), visibility="all"))


@pytest.fixture
def answer(shelf: Shelf, quay: KnowledgeDocument) -> AIRequest:
    return answered(shelf.owner, shelf.passages(quay)[0])


def test_its_page_says_what_changed_and_runs_it_again(shelf: Shelf, quay: KnowledgeDocument, answer: AIRequest) -> None:
    mine = page_of(shelf.owner)
    assertNotContains(mine.get(f"/requests/{answer.pk}"), "since this answer")
    edit(shelf, quay, "Another text.")
    shown = mine.get(f"/requests/{answer.pk}")
    assertContains(shown, "The document “A text” changed since this answer")
    assertContains(shown, f'action="/requests/{answer.pk}/retry"', count=2)
    again = mine.post(f"/requests/{answer.pk}/retry", {"token": "once"})
    retried = AIRequest.objects.get(retry_of=answer)
    assert again["Location"] == f"/requests/{retried.pk}"
    assertNotContains(mine.get(f"/requests/{retried.pk}"), "since this answer")


def test_its_page_says_that_a_document_is_gone(shelf: Shelf, quay: KnowledgeDocument, answer: AIRequest) -> None:
    staging.remove(TYPE, quay.source)
    assertContains(page_of(shelf.owner).get(f"/requests/{answer.pk}"), "“A text” was deleted since this answer")


def test_a_document_that_is_hidden_now_is_named_nowhere(shelf: Shelf, quay: KnowledgeDocument, dora: User) -> None:
    answer = answered(dora, shelf.passages(quay)[0])
    edit(shelf, quay, "Another text.")  # for its owner alone from now on
    page = page_of(dora)
    shown = page.get(f"/requests/{answer.pk}")
    assertContains(shown, "A document changed since this answer")
    assertNotContains(shown, "A text")
    [told] = page.get(f"/api/v1/requests/{answer.pk}").json()["stale_sources"]
    assert (told["reason"], told["document"], told["title"], told["version"]) == ("changed", None, None, None)


def test_the_api_tells_what_changed(shelf: Shelf, quay: KnowledgeDocument, answer: AIRequest) -> None:
    mine = page_of(shelf.owner)
    assert mine.get(f"/api/v1/requests/{answer.pk}").json()["stale_sources"] == []
    edit(shelf, quay, "Another text.")
    [told] = mine.get(f"/api/v1/requests/{answer.pk}").json()["stale_sources"]
    assert told.pop("since") > answer.created.isoformat()
    assert told == {"reason": "changed", "document": str(quay.source), "title": "A text", "version": 2}


def test_lists_are_narrowed_to_stale_answers(shelf: Shelf, quay: KnowledgeDocument, answer: AIRequest) -> None:
    other = indexed(shelf.put(story(3, of="brick")))
    fresh = answered(shelf.owner, shelf.passages(other)[0])
    edit(shelf, quay, "Another text.")
    mine = page_of(shelf.owner)
    every = mine.get("/history")
    assert {str(row.pk): row.stale for row in every.context["history"].rows} == {
        str(answer.pk): True,
        str(fresh.pk): False,
    }
    assertContains(every, "source changed", count=1)
    assert [row.pk for row in mine.get("/history?stale_sources=yes").context["history"].rows] == [answer.pk]
    listed = mine.get("/api/v1/requests?stale_sources=yes").json()["results"]
    assert [row["id"] for row in listed] == [str(answer.pk)]
    assert mine.get("/api/v1/requests?stale_sources=perhaps").status_code == 400
