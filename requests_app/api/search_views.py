"""The doors of searches: requests that are asked for, and looked at, in words of their own."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from ai.errors import Problem
from requests_app import intake
from requests_app.api.base import ApiView, person
from requests_app.api.idempotency import idempotency
from requests_app.api.schema import ACCEPTING, BODY, IDEMPOTENCY_KEY, SEARCH_EXAMPLE, operation
from requests_app.api.searches import SearchDetail, SearchSubmission, search_detail
from requests_app.api.views import accepted, as_it_is_now, own_request
from requests_app.errors import SubmissionInvalid
from requests_app.finding import searched


class SearchListView(ApiView):
    @operation(
        *(*BODY, *ACCEPTING), success=202, body=SearchDetail, operation_id="searches_create",
        request=SearchSubmission, parameters=[IDEMPOTENCY_KEY], examples=[SEARCH_EXAMPLE],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Look for passages of the documents that you may see; a worker finds them, as it does all work."""
        form = SearchSubmission(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        key = idempotency(request, request.data)
        try:
            outcome = intake.accept(person(request), form.submission(), key)
        except SubmissionInvalid as wrong:
            raise SubmissionInvalid(list(map(_here, wrong.problems))) from None
        return accepted(outcome, search_detail)


class SearchView(ApiView):
    @operation("not_found", success=200, body=SearchDetail, operation_id="searches_read")
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """A search of yours with what it has found; with its ETag as If-None-Match, 304 while nothing changed."""
        found = own_request(request, pk)
        if searched(found) is None:
            raise NotFound
        return as_it_is_now(request, found, search_detail(found))


def _here(problem: Problem) -> Problem:
    """A variable of the prompt is a field of its own here."""
    return Problem(pointer=problem.pointer.removeprefix("/payload"), detail=problem.detail)
