from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import ApiToken, Team, User
from requests_app import waiting
from requests_app.models import AIRequest
from tests.integration.api.conftest import TICKET

URL = "/api/v1/requests"


def pointers(response: Response) -> list[str]:
    assert response.status_code == 400, response.data
    return [error["pointer"] for error in response.data["errors"]]


def test_accepted_request_says_where_to_look(api: APIClient) -> None:
    response = api.post(URL, TICKET)
    assert response.status_code == 202
    assert response["Location"] == f"{URL}/{response.data['id']}" == response.data["links"]["self"]
    assert response["Retry-After"] == "1"


def test_accepted_request_is_stored_and_described(api: APIClient, alice: User, model: str) -> None:
    body = api.post(URL, TICKET).json()
    row = AIRequest.objects.get(pk=body["id"])
    assert (row.user, row.team, row.payload) == (alice, alice.personal_team, TICKET["payload"])
    assert body["status"] == "pending"
    assert (body["result"], body["partial"], body["usage"], body["cost_usd"], body["error"]) == (None,) * 5
    assert (body["position"], body["waiting_for"], body["queue_ms"]) == ("0:0", "worker", None)
    assert (body["model_asked"], body["prompt_version"], body["payload"]) == (model, "1", TICKET["payload"])


def test_every_field_of_a_submission_is_kept(api: APIClient, alice: User, model: str) -> None:
    team = Team.objects.create(name="Support")
    team.members.add(alice)
    given = {"team": str(team.pk), "priority": "fast", "lane": "bulk", "object_id": "T-1", "metadata": {"a": [1]}}
    body = api.post(URL, {**TICKET, **given, "model": model, "deadline_s": 60, "quality": 3}).json()
    assert {name: body[name] for name in given} == given
    row = AIRequest.objects.get(pk=body["id"])
    assert row.quality_level == 3
    assert 59 < (row.deadline - row.created).total_seconds() <= 60.1


@pytest.fixture
def program(alice: User, nobody: APIClient) -> APIClient:
    """alice's, with a token, after its first request."""
    nobody.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.objects.create(alice, name='laptop')[1]}")
    assert nobody.post(URL, TICKET).status_code == 202
    return nobody


def test_accepting_costs_six_queries(program: APIClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    # Token, live version, tier and catalogue, INSERT and hold in a savepoint, whether a worker lives.
    with django_assert_num_queries(8):
        assert program.post(URL, TICKET).status_code == 202


def test_whether_a_worker_lives_is_asked_once_a_second(
    program: APIClient, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "monotonic", lambda: -1.0)
    program.post(URL, TICKET)
    with django_assert_num_queries(7):
        assert program.post(URL, TICKET).data["waiting_for"] == "worker"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"prompt_key": "no_such_prompt"}, "/prompt_key"),
        ({"prompt_key": 7}, "/prompt_key"),
        ({"prompt_key": None}, "/prompt_key"),
        ({"payload": {}}, "/payload/ticket"),
        ({"payload": {"ticket": 7}}, "/payload/ticket"),
        ({"payload": {"ticket": "x", "tikcet": "y"}}, "/payload/tikcet"),
        ({"payload": "text"}, "/payload"),
        ({"payload": None}, "/payload"),
        ({"payload": {"ticket": "a\x00b"}}, "/payload/ticket"),
        ({"priority": "cheap"}, "/priority"),
        ({"lane": 1}, "/lane"),
        ({"model": "gpt-unknown"}, "/model"),
        ({"deadline_s": 0}, "/deadline_s"),
        ({"deadline_s": "60"}, "/deadline_s"),
        ({"deadline_s": True}, "/deadline_s"),
        ({"deadline_s": 10**400}, "/deadline_s"),
        ({"object_id": "x" * 201}, "/object_id"),
        ({"metadata": []}, "/metadata"),
        ({"metadata": {"long": "x" * 5000}}, "/metadata"),
        ({"team": "not-a-uuid"}, "/team"),
        ({"team": 7}, "/team"),
        ({"quality": "high"}, "/quality"),
        ({"quality": "5"}, "/quality"),
        ({"quality": True}, "/quality"),
        ({"quality": 0}, "/quality"),
        ({"quality": 10}, "/quality"),
        ({"a/b": 1}, "/a~1b"),
    ],
)
def test_wrong_field_is_named_by_pointer(api: APIClient, changes: dict[str, Any], pointer: str) -> None:
    assert pointers(api.post(URL, {**TICKET, **changes})) == [pointer]
    assert not AIRequest.objects.exists()


def test_all_wrong_fields_are_named_at_once(api: APIClient) -> None:
    assert pointers(api.post(URL, {"priority": "x", "lane": "y"})) == ["/prompt_key", "/payload", "/priority", "/lane"]


def test_strangers_team_is_refused_like_a_missing_one(api: APIClient, mallory: User) -> None:
    foreign = api.post(URL, {**TICKET, "team": str(mallory.personal_team.pk)})
    missing = api.post(URL, {**TICKET, "team": "00000000-0000-7000-8000-000000000000"})
    assert pointers(foreign) == pointers(missing) == ["/team"]
    assert foreign.data["detail"] == missing.data["detail"]


def test_body_that_is_no_object_is_refused(api: APIClient) -> None:
    assert pointers(api.post(URL, [TICKET])) == [""]


def test_input_beyond_the_window_names_both_numbers(api: APIClient) -> None:
    response = api.post(URL, {"prompt_key": "document_summary", "payload": {"document": "word " * 30_000}})
    assert response.status_code == 400
    assert response.data["code"] == "context_exceeded"
    assert sum(character.isdigit() for character in response.data["detail"]) >= 8
    assert not AIRequest.objects.exists()


def test_no_configured_model_is_said(api: APIClient, settings: Any) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = None
    response = api.post(URL, TICKET)
    assert (response.status_code, response.data["code"]) == (503, "provider_unavailable")


def test_strict_reader_keeps_emoji_and_big_numbers(api: APIClient) -> None:
    ticket = {**TICKET, "payload": {"ticket": "👩‍👩‍👧 é"}, "metadata": {"n": 2**70}}
    body = api.get(api.post(URL, ticket)["Location"]).json()
    assert (body["payload"], body["metadata"]) == (ticket["payload"], ticket["metadata"])


@pytest.mark.parametrize("values", [[0] * 25_000, {str(number): 0 for number in range(25_000)}])
def test_body_of_too_many_values_is_refused_early(api: APIClient, values: object) -> None:
    answer = api.post(URL, {"prompt_key": "ticket_classify", "payload": values}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"pointer": "", "detail": "the body holds more than 20,000 values"}]
