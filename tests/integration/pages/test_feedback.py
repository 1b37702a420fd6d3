"""The thumbs below an answer, as forms and as htmx sends them."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from requests_app.models import AIOutputFeedback, AIRequest, Status
from tests.integration.pages.conftest import ended

UP = 'name="rating" value="1" aria-pressed="{}"'
HTMX = {"HX-Request": "true"}


@pytest.fixture
def answered(summary: AIRequest) -> AIRequest:
    return ended(summary, text="The quay.")


def here(request: AIRequest) -> str:
    return f"/requests/{request.pk}"


def stored() -> tuple[int, str, list[str]]:
    row = AIOutputFeedback.objects.get()
    return row.rating, row.comment, row.tags


def test_a_thumb_is_a_form(page: Client, answered: AIRequest) -> None:
    assertContains(page.get(here(answered)), UP.format("false"))
    assertNotContains(page.get(here(answered)), 'name="comment"')
    answer = page.post(f"{here(answered)}/feedback", {"rating": "1"})
    assertRedirects(answer, f"{here(answered)}#feedback")
    assert stored() == (1, "", [])
    assertContains(page.get(here(answered)), UP.format("true"))
    assertContains(page.get(here(answered)), 'name="comment"')


def test_another_thumb_keeps_the_words(page: Client, answered: AIRequest) -> None:
    words = {"rating": "-1", "comment": "One.\r\nTwo.", "tags": ["wrong", "too long"]}
    page.post(f"{here(answered)}/feedback", words)
    page.post(f"{here(answered)}/feedback", {"rating": "1"})
    assert stored() == (1, "One.\nTwo.", ["wrong", "too long"])
    assertContains(page.get(here(answered)), 'value="too long" checked')
    page.post(f"{here(answered)}/feedback", {"rating": "1", "comment": ""})
    assert stored() == (1, "", [])


def test_it_is_taken_back(page: Client, answered: AIRequest) -> None:
    page.post(f"{here(answered)}/feedback", {"rating": "1"})
    page.post(f"{here(answered)}/feedback", {"rating": "1", "comment": "typed", "take_back": "1"})
    assert not AIOutputFeedback.objects.exists()
    assertContains(page.get(here(answered)), UP.format("false"))


def test_htmx_is_answered_with_the_part(page: Client, answered: AIRequest) -> None:
    answer = page.post(f"{here(answered)}/feedback", {"rating": "-1"}, headers=HTMX)
    assertContains(answer, "Saved. Thank you.")
    assertContains(answer, 'value="incomplete"')
    assertNotContains(answer, "<html")


def test_refusal_keeps_what_was_typed(page: Client, answered: AIRequest) -> None:
    answer = page.post(f"{here(answered)}/feedback", {"rating": "1", "comment": "x" * 2_001}, headers=HTMX)
    assertContains(answer, "has at most 2,000 characters")
    assertContains(answer, "x" * 2_001)
    assert not AIOutputFeedback.objects.exists()


@pytest.mark.parametrize("body", [{}, {"rating": "2"}, {"rating": "1", "comment": "a\x00"}])
def test_refusal_is_said_without_scripts(page: Client, answered: AIRequest, body: dict[str, str]) -> None:
    answer = page.post(f"{here(answered)}/feedback", body, follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert not AIOutputFeedback.objects.exists()


def test_only_an_answer_has_thumbs(page: Client, summary: AIRequest) -> None:
    assertNotContains(page.get(here(summary)), "thumb-up")
    ended(summary, Status.FAILED, text="Half")
    assertNotContains(page.get(here(summary)), "thumb-up")
    page.post(f"{here(summary)}/feedback", {"rating": "1"})
    assert not AIOutputFeedback.objects.exists()


def test_thumbs_come_with_the_end(page: Client, answered: AIRequest) -> None:
    assertContains(page.get(f"{here(answered)}/state"), 'id="feedback" hx-swap-oob="true"')
    assertContains(page.get(f"{here(answered)}/state"), "thumb-up")


def test_comments_are_no_markup(page: Client, answered: AIRequest) -> None:
    page.post(f"{here(answered)}/feedback", {"rating": "1", "comment": "</textarea><b>x"})
    assertNotContains(page.get(here(answered)), "<b>x")


def test_strangers_rate_nothing(mallorys: Client, answered: AIRequest) -> None:
    assert mallorys.post(f"{here(answered)}/feedback", {"rating": "1"}).status_code == 404
    assert not AIOutputFeedback.objects.exists()
