from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Team, User
from ai.rag.models import KnowledgeChunk, KnowledgeDocument
from ai.rag.viewing import viewing
from requests_app.models import AIRequest, RequestSource
from tests.integration.rag.library import put
from tests.integration.searches import LEASE, MODEL, found, look_for, with_model

URL = "/api/v1/searches"


@pytest.fixture(autouse=True)
def embedding_model(settings: Settings) -> None:
    with_model(settings)


@pytest.fixture
def lease(alice: User) -> KnowledgeChunk:
    return put(LEASE, owner=alice.pk, team=alice.personal_team_id)


def test_a_search_is_accepted_and_says_where_to_look(api: APIClient, alice: User) -> None:
    response = api.post(URL, {"q": "notice", "top_k": 3, "min_score": 0.5})
    assert response.status_code == 202
    assert response["Location"] == f"{URL}/{response.data['id']}" == response.data["links"]["self"]
    assert response["Retry-After"] == "1"
    row = AIRequest.objects.get(pk=response.data["id"])
    assert (row.user, row.prompt_key, row.route) == (alice, "search", [MODEL])
    assert row.payload == {"q": "notice", "top_k": 3, "min_score": 0.5}
    body = response.data
    assert (body["status"], body["q"], body["top_k"], body["min_score"]) == ("pending", "notice", 3, 0.5)
    assert (body["count"], body["visible"], body["passages"], body["waiting_for"]) == (None, None, [], "worker")


def test_its_address_answers_with_passages(api: APIClient, alice: User, lease: KnowledgeChunk) -> None:
    request = found(look_for(alice), lease)
    response = api.get(f"{URL}/{request.pk}")
    [passage] = response.data["passages"]
    assert passage == {
        "rank": 1,
        "score": 0.8,
        "found_by": ["vector", "words"],
        "gone": False,
        "document": str(lease.knowledge_document.source),
        "title": LEASE,
        "headings": [],
        "start": 0,
        "end": len(LEASE),
        "text": LEASE,
    }
    assert (response.data["count"], response.data["visible"], response.data["min_score"]) == (1, 1, 0.24)
    assert api.get(f"{URL}/{request.pk}", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_the_request_that_it_is_holds_no_text(api: APIClient, alice: User, lease: KnowledgeChunk) -> None:
    request = found(look_for(alice, q="notice"), lease)
    links = api.get(f"{URL}/{request.pk}").data["links"]
    response = api.get(links["request"])
    assert (response.data["id"], response.data["links"]["search"]) == (str(request.pk), f"{URL}/{request.pk}")
    assert "ninety" not in response.content.decode()


def test_a_passage_that_has_gone_keeps_its_rank(api: APIClient, alice: User, lease: KnowledgeChunk) -> None:
    request = found(look_for(alice), lease)
    with viewing(subject=alice.pk, scopes=[]):
        KnowledgeChunk.objects.filter(pk=lease.pk).delete()
    [passage] = api.get(f"{URL}/{request.pk}").data["passages"]
    assert (passage["rank"], passage["score"], passage["gone"]) == (1, 0.8, True)
    assert (passage["text"], passage["document"], passage["start"]) == (None, None, None)


def test_a_document_that_is_hidden_hides_its_passage(api: APIClient, alice: User, mallory: User) -> None:
    chunk = put(LEASE, owner=mallory.pk, visibility="all")
    request = found(look_for(alice), chunk)
    assert api.get(f"{URL}/{request.pk}").data["passages"][0]["text"] == LEASE
    KnowledgeDocument.objects.update(visibility="private")
    response = api.get(f"{URL}/{request.pk}")
    assert response.data["passages"][0]["gone"]
    assert "ninety" not in response.content.decode()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/q"),
        ({"q": ""}, "/q"),
        ({"q": " \n"}, "/q"),
        ({"q": 7}, "/q"),
        ({"q": "x" * 2001}, "/q"),
        ({"q": "a\u0000"}, "/q"),
        ({"q": "x", "top_k": 0}, "/top_k"),
        ({"q": "x", "top_k": 51}, "/top_k"),
        ({"q": "x", "top_k": "5"}, "/top_k"),
        ({"q": "x", "top_k": True}, "/top_k"),
        ({"q": "x", "top_k": 1.5}, "/top_k"),
        ({"q": "x", "top_k": None}, "/top_k"),
        ({"q": "x", "min_score": -0.1}, "/min_score"),
        ({"q": "x", "min_score": 1.1}, "/min_score"),
        ({"q": "x", "min_score": "0.5"}, "/min_score"),
        ({"q": "x", "team": "nobody"}, "/team"),
        ({"q": "x", "scope": "all"}, "/scope"),
        ({"q": "x", "prompt_key": "search"}, "/prompt_key"),
    ],
)
def test_what_is_wrong_is_named(api: APIClient, body: dict[str, Any], pointer: str) -> None:
    response = api.post(URL, body)
    assert (response.status_code, response.data["code"]) == (400, "invalid")
    assert [error["pointer"] for error in response.data["errors"]] == [pointer]
    assert not AIRequest.objects.exists()


@pytest.mark.parametrize("garbage", ["", "[]", '"q"', "{", '{"q": "x", "min_score": NaN}', '{"q": "\\ud800"}'])
def test_garbage_is_refused(api: APIClient, garbage: str) -> None:
    assert api.generic("POST", URL, garbage, content_type="application/json").status_code == 400
    assert not AIRequest.objects.exists()


def test_repeating_is_safe(api: APIClient) -> None:
    first, again = (api.post(URL, {"q": "notice"}, headers={"Idempotency-Key": "k"}) for _each in range(2))
    assert (first.data["id"], again["Idempotent-Replayed"]) == (again.data["id"], "true")
    assert api.post(URL, {"q": "other"}, headers={"Idempotency-Key": "k"}).status_code == 422


def test_the_team_that_is_named_pays(api: APIClient, alice: User) -> None:
    team = Team.objects.create(name="Support")
    assert api.post(URL, {"q": "x", "team": str(team.pk)}).status_code == 400
    team.members.add(alice)
    assert api.post(URL, {"q": "x", "team": str(team.pk)}).data["team"] == team.pk


def test_a_full_budget_refuses_it(api: APIClient, settings: Settings) -> None:
    settings.LINTEL_DAILY_TOKENS = 1
    assert api.post(URL, {"q": "a longer question than that"}).status_code == 402


def test_without_an_embedding_model_nothing_is_accepted(api: APIClient, settings: Settings) -> None:
    settings.LINTEL_EMBEDDING_BASE_URL = settings.LINTEL_EMBEDDING_MODEL = None
    response = api.post(URL, {"q": "x"})
    assert (response.status_code, response.data["code"]) == (503, "provider_unavailable")
    assert "documents cannot be searched" in response.data["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "searches/{}"), ("get", "requests/{}"), ("delete", "requests/{}"), ("post", "requests/{}/retry")],
)
def test_strangers_find_nothing(mallorys: APIClient, alice: User, method: str, path: str) -> None:
    response = getattr(mallorys, method)(f"/api/v1/{path.format(look_for(alice).pk)}")
    nothing = getattr(mallorys, method)(f"/api/v1/{path.format(UUID(int=1))}")
    assert (response.status_code, response.data["detail"]) == (nothing.status_code, nothing.data["detail"])
    assert response.status_code == 404


def test_other_requests_are_no_searches(api: APIClient, request_of_alice: AIRequest) -> None:
    assert api.get(f"{URL}/{request_of_alice.pk}").status_code == 404


def test_nobody_searches(nobody: APIClient) -> None:
    assert nobody.post(URL, {"q": "x"}).status_code == 401


def test_a_deleted_search_is_gone_until_it_is_restored(api: APIClient, alice: User, lease: KnowledgeChunk) -> None:
    request = found(look_for(alice), lease)
    assert api.delete(f"/api/v1/requests/{request.pk}").status_code == 204
    assert api.get(f"{URL}/{request.pk}").status_code == 404
    assert api.post(f"/api/v1/requests/{request.pk}/restore").status_code == 200
    assert api.get(f"{URL}/{request.pk}").data["count"] == 1
    assert not RequestSource.objects.exists()


def test_cancelling_ends_it(api: APIClient, alice: User) -> None:
    links = api.get(f"{URL}/{look_for(alice).pk}").data["links"]
    assert api.post(links["cancel"]).data["status"] == "cancelled"
    assert api.get(links["self"]).data["count"] is None


def test_searches_are_listed_with_requests(api: APIClient, alice: User) -> None:
    look_for(alice)
    [listed] = api.get("/api/v1/requests?prompt_key=search").data["results"]
    assert listed["links"]["search"] == f"{URL}/{listed['id']}"
    assert "search" not in {prompt["key"] for prompt in api.get("/api/v1/prompts").data["results"]}
