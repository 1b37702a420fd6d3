"""Rating one's own answers over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from requests_app.models import AIOutputFeedback, AIRequest, Status
from tests.integration.pages.conftest import MODEL, ended

GOOD = {"rating": 1, "comment": "Just right.", "tags": ["tone"]}


@pytest.fixture
def answered(request_of_alice: AIRequest) -> AIRequest:
    return ended(request_of_alice, text="Billing.")


def url(request: AIRequest) -> str:
    return f"/api/v1/requests/{request.pk}/feedback"


def put(client: APIClient, request: AIRequest, body: Any) -> Any:
    return client.put(url(request), body, format="json")


def test_it_is_stored_with_what_made_the_answer(api: APIClient, answered: AIRequest) -> None:
    answer = put(api, answered, GOOD)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in GOOD} == GOOD
    row = AIOutputFeedback.objects.get()
    assert (row.request_id, row.model, row.route) == (answered.pk, MODEL, answered.template.route)
    assert (row.prompt_key, row.prompt_version) == (answered.prompt_key, answered.prompt_version)
    assert api.get(url(answered)).json() == answer.json()


def test_again_it_replaces_all_and_keeps_its_day(api: APIClient, answered: AIRequest) -> None:
    first = put(api, answered, GOOD).json()
    second = put(api, answered, {"rating": -1}).json()
    assert (second["rating"], second["comment"], second["tags"]) == (-1, "", [])
    assert second["created"] == first["created"]
    assert second["changed"] > first["changed"]
    assert AIOutputFeedback.objects.count() == 1


def test_it_is_taken_back(api: APIClient, answered: AIRequest) -> None:
    put(api, answered, GOOD)
    assert [api.delete(url(answered)).status_code for _ in range(2)] == [204, 204]
    assert api.get(url(answered)).status_code == 404
    assert not AIOutputFeedback.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/rating"),
        ({"rating": 0}, "/rating"),
        ({"rating": "1"}, "/rating"),
        ({"rating": True}, "/rating"),
        ({"rating": 1, "stars": 5}, "/stars"),
        ({"rating": 1, "comment": 5}, "/comment"),
        ({"rating": 1, "comment": "a\x00"}, "/comment"),
        ({"rating": 1, "comment": "x" * 2_001}, "/comment"),
        ({"rating": 1, "tags": "tone"}, "/tags"),
        ({"rating": 1, "tags": ["tone"] * 11}, "/tags"),
        ({"rating": 1, "tags": ["tone", "x" * 31]}, "/tags/1"),
        ({"rating": 1, "tags": ["tone", "<b>"]}, "/tags/1"),
        ({"rating": 1, "tags": [" "]}, "/tags/0"),
    ],
)
def test_what_is_wrong_is_named(api: APIClient, answered: AIRequest, body: Any, pointer: str) -> None:
    answer = put(api, answered, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not AIOutputFeedback.objects.exists()


def test_the_largest_is_taken_and_words_count_once(api: APIClient, answered: AIRequest) -> None:
    tags = [*(f"word {number} {'x' * 20}" for number in range(8)), "Too Long", "too long "]
    answer = put(api, answered, {"rating": -1, "comment": "é" * 2_000, "tags": tags})
    assert answer.status_code == 200
    assert answer.json()["tags"] == [*tags[:8], "too long"]


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.EXPIRED])
def test_only_answers_are_rated(api: APIClient, request_of_alice: AIRequest, status: Status) -> None:
    refused = [put(api, request_of_alice, GOOD), put(api, ended(request_of_alice, status, text="Half"), GOOD)]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "no_answer")] * 2
    assert not AIOutputFeedback.objects.exists()


def test_a_link_leads_there_once_it_can_be_given(api: APIClient, request_of_alice: AIRequest) -> None:
    here = f"/api/v1/requests/{request_of_alice.pk}"
    assert "feedback" not in api.get(here).json()["links"]
    ended(request_of_alice, text="Billing.")
    assert api.get(here).json()["links"]["feedback"] == url(request_of_alice)


def test_strangers_find_nothing(api: APIClient, mallorys: APIClient, nobody: APIClient, answered: AIRequest) -> None:
    put(api, answered, GOOD)
    stranger = [put(mallorys, answered, {"rating": -1}), mallorys.get(url(answered)), mallorys.delete(url(answered))]
    assert [answer.status_code for answer in stranger] == [404] * 3
    assert put(nobody, answered, GOOD).status_code == 401
    assert AIOutputFeedback.objects.get().rating == 1
