"""The API's errors as problems (requests_app.problems).

What a client reads is ours: no stack trace, no database's or provider's words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings

from ai.errors import MOST_PROBLEMS, Problem, PromptBroken
from ai.storable import pointer
from requests_app.api.budget import Budget
from requests_app.errors import BudgetExceeded, RequestError, ReviewInvalid, SubmissionInvalid, TooMany
from requests_app.problems import MEDIA_TYPE, PROBLEMS, RETRY_AFTER_OUTAGE_S, problem

EXPECTED = ("provider_unavailable", "unavailable")  # of the server's errors, those that need no debugging

logger = logging.getLogger(__name__)


class Fault(APIException):
    """An error by its code in the table; ``wait`` becomes Retry-After, in seconds, ``more`` further members."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Iterable[Problem] = (),
        wait: int | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.more = dict(more or {})
        self.default_code = code
        self.status_code = PROBLEMS[code][0]
        self.errors = tuple(errors)
        self.wait = wait


class ProblemFormatter(ExceptionFormatter):
    def run(self) -> dict[str, object]:
        request = self.context["request"]
        errors = list(_errors(self.exc))[:MOST_PROBLEMS]
        detail = _sentence(errors) if errors else str(self.exc.detail)
        body = problem(self.exc.default_code, detail, request_id=getattr(request, "request_id", None), errors=errors)
        return {**body, **getattr(self.exc, "more", {})}


class ProblemHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        exc = super().convert_known_exceptions(exc)
        if isinstance(exc, BudgetExceeded):
            return Fault(exc.code, str(exc), more={"budget": Budget({"results": list(exc.windows)}).data["results"]})
        if isinstance(exc, TooMany):
            return Fault(exc.code, str(exc), wait=exc.wait_s)
        if isinstance(exc, RequestError):
            errors = exc.problems if isinstance(exc, SubmissionInvalid | ReviewInvalid) else ()
            return Fault(exc.code, str(exc), errors=errors)
        if isinstance(exc, PromptBroken):  # only while its file is edited, in local settings
            return Fault("prompt_broken", str(exc))
        if isinstance(exc, RequestDataTooBig):
            return Fault("too_large", "The body is larger than this server reads.")
        if isinstance(exc, OperationalError | InterfaceError):
            return Fault("unavailable", "The database cannot be reached; try again soon.", wait=RETRY_AFTER_OUTAGE_S)
        return exc

    def convert_unhandled_exceptions(self, exc: Exception) -> APIException:
        if isinstance(exc, APIException) and exc.default_code in PROBLEMS:
            return exc
        return Fault("internal_error", "The error is logged under this request_id.")

    def get_response(self, exc: APIException, data: dict[str, object]) -> Response:
        return Response(data, status=exc.status_code, headers=self.get_headers(exc), content_type=MEDIA_TYPE)

    def report_exception(self, exc: APIException, response: Response) -> None:
        if exc.default_code in EXPECTED:  # one line a request, not a traceback
            logger.warning("%s: %s", exc.default_code, type(self.exc).__name__)
        else:
            super().report_exception(exc, response)


def _sentence(errors: list[Problem]) -> str:
    first = errors[0]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{first.pointer or 'The body'}: {first.detail.rstrip('.')}{more}."


def _errors(exc: APIException) -> Iterator[Problem]:
    if isinstance(exc, Fault):
        yield from exc.errors
    elif isinstance(exc, ValidationError):
        yield from _flat(exc.detail, ())


def _flat(detail: Any, path: tuple[str, ...]) -> Iterator[Problem]:
    """DRF's nested lists and dictionaries of messages as one list of pointers."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _flat(inner, path if key == api_settings.NON_FIELD_ERRORS_KEY else (*path, key))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flat(inner, path)
    else:
        yield Problem(pointer=pointer(path), detail=str(detail))
