"""What goes wrong before or beside the request itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from requests_app.models import AIRequest
from tests.integration.api.conftest import TICKET

URL = "/api/v1/requests"
JSON = "application/json"


def assert_problem(response: Any, status: int, code: str) -> None:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response["X-Request-ID"]


@pytest.mark.parametrize("url", [URL, "/api/v1/prompts", f"{URL}/00000000-0000-7000-8000-000000000000"])
def test_nobody_is_told_to_log_in(nobody: APIClient, url: str) -> None:
    response = nobody.get(url)
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "url", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/requests", f"{URL}/", f"{URL}/1", "/api/v1/nothing"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete", "options"])
def test_unknown_address_is_a_problem(nobody: APIClient, url: str, method: str) -> None:
    assert_problem(getattr(nobody, method)(url), 404, "not_found")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_method_is_refused_naming_those_there_are(api: APIClient, method: str) -> None:
    response = getattr(api, method)(URL)
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("raw", ["{", "", '{"a": NaN}', "[" * 100_000, b"\xff"])
def test_malformed_json_is_refused(api: APIClient, raw: str | bytes) -> None:
    response = api.post(URL, raw or " ", content_type=JSON)
    assert_problem(response, 400, "parse_error")


def test_empty_body_lacks_its_fields(api: APIClient) -> None:
    response = api.post(URL, "", content_type=JSON)
    assert_problem(response, 400, "invalid")


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_other_kind_of_body_is_refused(api: APIClient, kind: str) -> None:
    assert_problem(api.generic("POST", URL, "a=b", content_type=kind), 415, "unsupported_media_type")


def test_body_that_is_too_large_is_refused(api: APIClient) -> None:
    body = {**TICKET, "payload": {"ticket": "x" * 3_000_000}}
    assert_problem(api.post(URL, body), 413, "too_large")


def test_body_without_length_is_refused(api: APIClient) -> None:
    response = api.post(URL, headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")
    assert_problem(response, 411, "length_required")


def test_any_accept_header_is_answered_in_json(api: APIClient) -> None:
    assert api.get(URL, headers={"Accept": "text/html"})["Content-Type"] == JSON


def test_every_answer_has_its_own_id(api: APIClient) -> None:
    first, second = api.get(URL), api.get(URL)
    assert first["X-Request-ID"] != second["X-Request-ID"]


def test_answers_are_kept_nowhere(api: APIClient) -> None:
    assert api.get(URL)["Cache-Control"] == "private, no-cache"


class TestCredentials:
    def test_token_opens(self, nobody: APIClient, alice: User) -> None:
        _, token = ApiToken.objects.create(alice, name="test")
        response = nobody.post(URL, TICKET, headers={"Authorization": f"Bearer {token}"})
        assert AIRequest.objects.get(pk=response.data["id"]).user == alice

    @pytest.mark.parametrize("credentials", ["Bearer", "Bearer x", "Bearer a b", "Bearer " + "x" * 80, "Bearer é\x00"])
    def test_wrong_token_does_not(self, nobody: APIClient, credentials: str) -> None:
        response = nobody.get(URL, HTTP_AUTHORIZATION=credentials)
        assert_problem(response, 401, "authentication_failed")

    def test_token_of_another_scheme_is_no_token(self, nobody: APIClient, alice: User) -> None:
        _, token = ApiToken.objects.create(alice, name="test")
        assert nobody.get(URL, headers={"Authorization": f"Token {token}"}).status_code == 401
        assert nobody.get(f"{URL}?token={token}").status_code == 401

    def test_session_reads_without_and_writes_with_csrf(self, alice: User) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(alice)
        assert browser.get(URL).status_code == 200
        assert_problem(browser.post(URL, TICKET, content_type=JSON), 403, "permission_denied")
        browser.get("/login")
        browser.cookies["csrftoken"] = token = "a" * 32
        response = browser.post(URL, TICKET, content_type=JSON, headers={"X-CSRFToken": token})
        assert response.status_code == 202
