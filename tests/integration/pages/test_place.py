"""Why a request waits and where it stands: on its page, in History, and as the script asks for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from requests_app import intake
from requests_app.models import AIRequest, WorkerLease
from requests_app.models.clock import seconds_from_now
from requests_app.pages.place import place_words
from tests.integration.pages.conftest import ended, running
from tests.integration.pages.test_history import many

LONG_AGO = timedelta(hours=1)


@pytest.fixture
def worker(db: None) -> WorkerLease:
    return WorkerLease.objects.create(host="here", pid=1, expires_at=seconds_from_now(60))


@pytest.fixture
def third(summary: AIRequest) -> AIRequest:
    """alice's request with two older ones of hers before it."""
    AIRequest.objects.update(created=timezone.now() - LONG_AGO)
    summary.refresh_from_db()
    many(summary, 2)
    return summary


def told(client: Client, request: AIRequest) -> dict[str, str]:
    answer = client.get(f"/requests/{request.pk}/waiting")
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    found: dict[str, str] = answer.json()
    return found


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (None, ""),
        (0, "next in the queue"),
        (1, "2nd in the queue"),
        (2, "3rd in the queue"),
        (11, "12th in the queue"),
    ],
)
def test_place_in_words(ahead: int | None, words: str) -> None:
    assert place_words(ahead) == words


def test_page_says_the_place_and_why(page: Client, third: AIRequest, worker: WorkerLease) -> None:
    answer = page.get(f"/requests/{third.pk}")
    step = answer.context["page"].steps[-1]
    assert (step.title, step.detail) == (
        "Waiting, 3rd in the queue",
        "2 requests are before it. All workers are busy.",
    )
    assertContains(answer, "Waiting for its turn: 3rd in the queue.")


def test_script_is_told_the_same(page: Client, third: AIRequest, worker: WorkerLease) -> None:
    assert told(page, third) == {
        "reason": "turn",
        "title": "Waiting, 3rd in the queue",
        "detail": "2 requests are before it. All workers are busy.",
        "sheet": "Waiting for its turn: 3rd in the queue.",
    }


def test_next_one_has_nobody_before_it(page: Client, third: AIRequest, worker: WorkerLease) -> None:
    first = AIRequest.objects.earliest("created")
    assert told(page, first)["title"] == "Waiting, next in the queue"
    assert told(page, first)["detail"] == "All workers are busy."


def test_one_before_it_is_one(page: Client, third: AIRequest, worker: WorkerLease) -> None:
    intake.cancel(AIRequest.objects.earliest("created"))
    assert told(page, third)["detail"] == "One request is before it. All workers are busy."


def test_what_has_just_come_has_no_place_yet(page: Client, summary: AIRequest, worker: WorkerLease) -> None:
    AIRequest.objects.update(created=timezone.now() + LONG_AGO)  # however long the test takes
    assert told(page, summary) == {
        "reason": "turn",
        "title": "Waiting",
        "detail": "A worker takes it when its turn comes.",
        "sheet": "Waiting for its turn.",
    }


def test_no_worker_is_said_with_the_place(page: Client, third: AIRequest) -> None:
    assert told(page, third)["detail"] == "No worker is running. 2 requests are before it."


def test_one_put_back_says_when_it_is_tried_again(page: Client, third: AIRequest, worker: WorkerLease) -> None:
    AIRequest.objects.filter(pk=third.pk).update(not_before=timezone.now() + timedelta(seconds=40.4))
    found = told(page, third)
    assert found["detail"].startswith("Every model of its route is busy. It is tried again in about ")
    assert (found["title"], found["sheet"]) == ("Waiting", "Waiting for a model that is not busy.")


def test_what_does_not_wait_has_none(page: Client, third: AIRequest, sorting: AIRequest) -> None:
    running(third)
    ended(sorting, text="{}")
    for each in (third, sorting):
        assert page.get(f"/requests/{each.pk}/waiting").status_code == 204
        assertNotContains(page.get(f"/requests/{each.pk}"), "data-place")


def test_strangers_are_told_nothing(mallorys: Client, third: AIRequest) -> None:
    assert mallorys.get(f"/requests/{third.pk}/waiting").status_code == 404
    answer = Client().get(f"/requests/{third.pk}/waiting")
    assert (answer.status_code, answer["HX-Refresh"]) == (401, "true")


def test_history_says_it_shortly(page: Client, third: AIRequest) -> None:
    rows = page.get("/history").context["history"].rows
    assert [row.place for row in rows] == ["3rd in the queue", "2nd in the queue", "next in the queue"]
    assertContains(page.get(f"/history/rows?id={third.pk}"), ">3rd in the queue</span>")
