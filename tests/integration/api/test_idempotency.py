from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from requests_app.models import AIRequest
from tests.integration.api.conftest import TICKET

URL = "/api/v1/requests"


def post(client: APIClient, body: object, key: str = "k-1", url: str = URL) -> Any:
    return client.post(url, body, headers={"Idempotency-Key": key})


def test_same_key_and_body_is_one_request(api: APIClient) -> None:
    first, second = post(api, TICKET), post(api, TICKET)
    assert first.status_code == second.status_code == 202
    assert first.data["id"] == second.data["id"]
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
    assert AIRequest.objects.count() == 1


def test_order_of_keys_is_the_same_body(api: APIClient) -> None:
    first, second = post(api, TICKET), post(api, dict(reversed(TICKET.items())))
    assert first.data["id"] == second.data["id"]


def test_other_body_under_the_key_is_refused(api: APIClient) -> None:
    post(api, TICKET)
    response = post(api, {**TICKET, "lane": "bulk"})
    assert (response.status_code, response.data["code"]) == (422, "idempotency_key_reused")


def test_refused_body_keeps_no_key(api: APIClient) -> None:
    assert post(api, {**TICKET, "lane": "x"}).status_code == 400
    assert post(api, TICKET).status_code == 202


def test_keys_of_two_users_are_strangers(api: APIClient, mallorys: APIClient) -> None:
    assert post(api, TICKET).data["id"] != post(mallorys, TICKET).data["id"]


def test_replay_shows_the_request_as_it_is_now(api: APIClient) -> None:
    first = post(api, TICKET)
    api.post(f"{first['Location']}/cancel")
    assert post(api, TICKET).data["status"] == "cancelled"


def test_retry_takes_a_key_too(api: APIClient, request_of_alice: AIRequest) -> None:
    url = f"{URL}/{request_of_alice.pk}/retry"
    first, second = post(api, None, url=url), post(api, None, url=url)
    assert first.data["id"] == second.data["id"] != str(request_of_alice.pk)
    assert second["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "é", "a\x00b"])
def test_unusable_key_is_refused(api: APIClient, key: str) -> None:
    response = post(api, TICKET, key=key)
    assert (response.status_code, response.data["code"]) == (400, "idempotency_key_invalid")
