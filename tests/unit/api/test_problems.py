from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from ai.errors import Problem
from requests_app.api.problems import ProblemHandler
from requests_app.errors import (
    ContextTooLong,
    KeyBusy,
    KeyReused,
    NoModelConfigured,
    PositionInvalid,
    RequestError,
    SubmissionInvalid,
)
from requests_app.problems import PROBLEMS


def handled(error: Exception) -> Response:
    context: Any = {"request": SimpleNamespace(request_id="abc", _request=None), "view": None, "args": (), "kwargs": {}}
    response = ProblemHandler(error, context).run()
    assert response is not None
    return response


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (SubmissionInvalid([Problem(pointer="/payload/text", detail="is required")]), 400, "invalid"),
        (ContextTooLong(needed=9000, window=2048), 400, "context_exceeded"),
        (KeyReused("other body"), 422, "idempotency_key_reused"),
        (KeyBusy("busy"), 409, "idempotency_key_busy"),
        (PositionInvalid("no"), 400, "position_invalid"),
        (NoModelConfigured("none"), 503, "provider_unavailable"),
        (RequestDataTooBig(), 413, "too_large"),
        (OperationalError("secret dsn"), 503, "unavailable"),
        (InterfaceError("closed"), 503, "unavailable"),
        (Http404(), 404, "not_found"),
        (exceptions.ParseError("line 1"), 400, "parse_error"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (ZeroDivisionError("secret"), 500, "internal_error"),
        (exceptions.APIException("a third party's own kind"), 500, "internal_error"),
    ],
)
def test_each_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    response = handled(error)
    assert (response.status_code, response.data["status"], response.data["code"]) == (status, status, code)
    assert response.content_type == "application/problem+json"
    assert response.data["request_id"] == "abc"
    assert "secret" not in str(response.data)


def test_every_request_error_is_in_the_table() -> None:
    kinds = list(_descendants(RequestError))
    assert kinds
    assert {kind.code for kind in kinds} <= set(PROBLEMS)


def _descendants(kind: type[RequestError]) -> list[type[RequestError]]:
    return [found for child in kind.__subclasses__() for found in (child, *_descendants(child))]


def test_database_outage_says_when_to_come_back() -> None:
    assert handled(OperationalError())["Retry-After"] == "2"


def test_nested_messages_become_pointers() -> None:
    errors = handled(exceptions.ValidationError({"a": {"b/c": ["wrong"]}, "non_field_errors": ["odd"]})).data["errors"]
    assert errors == [{"pointer": "/a/b~1c", "detail": "wrong"}, {"pointer": "", "detail": "odd"}]


def test_detail_is_a_sentence_about_the_first_error() -> None:
    many = exceptions.ValidationError({"a": ["is missing."], "b": ["is wrong"]})
    assert handled(many).data["detail"] == "/a: is missing, and 1 more."
