"""Thin doors: validate, make one call, respond. Rows are looked up by owner, so strangers get a 404."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from ai.errors import PromptNotFound
from ai.prompts.registry import get_prompt, load_prompts
from requests_app import budgets, deletion, feedback, intake
from requests_app.api.base import ApiView, person
from requests_app.api.budget import Budget
from requests_app.api.feedback import Feedback, FeedbackSubmission
from requests_app.api.filters import KnownParameters
from requests_app.api.idempotency import idempotency
from requests_app.api.paging import NewestFirst
from requests_app.api.schema import ACCEPTING, BODY, EXAMPLE, IDEMPOTENCY_KEY, operation
from requests_app.api.serializers import (
    PromptDetail,
    PromptPage,
    PromptSummary,
    RequestDetail,
    RequestSummary,
    SubmissionSerializer,
    detail,
)
from requests_app.api.usage import UsageQuery, UsageReport, report, wanted
from requests_app.filters import RequestFilter
from requests_app.models import AIOutputFeedback, AIRequest

POLL_S = "1"


class RequestListView(ApiView, ListAPIView[AIRequest]):
    queryset = AIRequest.objects.none()  # of this table; each caller's own rows below
    serializer_class = RequestSummary
    filter_backends = [KnownParameters]
    filterset_class = RequestFilter
    pagination_class = NewestFirst

    @operation("invalid", success=200, body=RequestSummary(many=True), operation_id="requests_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your requests, newest first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[AIRequest]:
        return AIRequest.objects.owned_by(person(self.request)).without_texts()

    @operation(
        *(*BODY, *ACCEPTING), success=202, body=RequestDetail,
        operation_id="requests_create", request=SubmissionSerializer, parameters=[IDEMPOTENCY_KEY], examples=[EXAMPLE],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Accept work: it is stored and queued, and answered with where to follow it."""
        form = SubmissionSerializer(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        key = idempotency(request, request.data)
        return accepted(intake.accept(person(request), form.submission(), key))


class RequestView(ApiView):
    @operation("not_found", success=200, body=RequestDetail, operation_id="requests_read")
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """One request as it is now; send its ETag as If-None-Match to be told 304 while nothing changed."""
        found = own_request(request, pk)
        return as_it_is_now(request, found, detail(found))

    @operation("not_found", "permission_denied", success=204, body=None, operation_id="requests_delete")
    def delete(self, request: Request, pk: UUID) -> Response:
        """Hide a request, and end it where it has not ended; for seven days it can be restored."""
        deletion.delete(own_request(request, pk))
        return Response(status=204)


class RequestRestoreView(ApiView):
    @operation(*BODY, "not_found", success=200, body=RequestDetail, operation_id="requests_restore", request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        """Show a deleted request again."""
        found = deletion.restore(person(request), pk)
        if found is None:
            raise NotFound
        return Response(detail(found))


class RequestCancelView(ApiView):
    @operation(*BODY, "not_found", success=200, body=RequestDetail, operation_id="requests_cancel", request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        """End a waiting request, or ask a running one to end; repeating changes nothing."""
        return Response(detail(intake.cancel(own_request(request, pk))))


class RequestRetryView(ApiView):
    @operation(
        *(*BODY, *ACCEPTING, "not_found"), success=202, body=RequestDetail,
        operation_id="requests_retry", request=None, parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask again: a new request with the same input, linked to this one."""
        return accepted(intake.retry(own_request(request, pk), idempotency(request, {})))


class RequestFeedbackView(ApiView):
    @operation("not_found", success=200, body=Feedback, operation_id="feedback_read")
    def get(self, request: Request, pk: UUID) -> Response:
        """What you think of this answer; 404 where you have not said."""
        given = AIOutputFeedback.objects.filter(request=own_request(request, pk)).first()
        if given is None:
            raise NotFound
        return Response(Feedback(given).data)

    @operation(
        *(*BODY, "not_found", "invalid", "parse_error", "unsupported_media_type", "no_answer"), success=200,
        body=Feedback, operation_id="feedback_give", request=FeedbackSubmission,
    )  # fmt: skip
    def put(self, request: Request, pk: UUID) -> Response:
        """Say what you think of an answer of yours, or say it anew: what is left out this time is gone."""
        found = own_request(request, pk)
        form = FeedbackSubmission(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(Feedback(feedback.give(found, **form.validated_data)).data)

    @operation("not_found", "permission_denied", success=204, body=None, operation_id="feedback_take_back")
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take it back; repeating changes nothing."""
        feedback.take_back(own_request(request, pk))
        return Response(status=204)


class PromptListView(ApiView):
    @operation(success=200, body=PromptPage, operation_id="prompts_list")
    def get(self, request: Request) -> Response:
        """Every prompt in its live version."""
        return Response({"results": PromptSummary(load_prompts(), many=True).data})


class PromptView(ApiView):
    @operation("not_found", "prompt_broken", success=200, body=PromptDetail, operation_id="prompts_read")
    def get(self, request: Request, key: str) -> Response:
        """One prompt with all its versions."""
        try:
            return Response(PromptDetail(get_prompt(key)).data)
        except PromptNotFound:
            raise NotFound from None


class BudgetView(ApiView):
    @operation(success=200, body=Budget, operation_id="budget_read")
    def get(self, request: Request) -> Response:
        """What you and your teams may spend in the periods of now, and what is left of it."""
        return Response(Budget({"results": budgets.states(person(request))}).data)


class UsageView(ApiView):
    @operation(
        "invalid", "permission_denied", "not_found", success=200, body=UsageReport, operation_id="usage_read",
        parameters=[UsageQuery],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """What you, a team of yours, or everybody has used, and what it cost: by day, prompt, model and more."""
        asked = wanted(person(request), request.query_params.dict())
        return Response(report(asked))


class UnknownPathView(ApiView):
    """Every address of the API that leads nowhere."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("The API has no such address; addresses end without a slash.")


def own_request(request: Request, pk: UUID) -> AIRequest:
    return get_object_or_404(AIRequest.objects.owned_by(person(request)), pk=pk)


def accepted(outcome: intake.Accepted, shown: Callable[[AIRequest], dict[str, Any]] = detail) -> Response:
    """202: what was accepted, as it is now, and where to look for it."""
    body = shown(outcome.request)
    headers = {"Location": body["links"]["self"], "Retry-After": POLL_S}
    if outcome.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(body, status=202, headers=headers)


def as_it_is_now(request: Request, found: AIRequest, shown: dict[str, Any]) -> HttpResponseBase:
    """200 with an ETag, or 304; and when to look again, until it has ended."""
    full = Response(shown)
    full["ETag"] = etag(full.data)
    response = get_conditional_response(request._request, full["ETag"], response=full) or full
    if not found.final:
        response["Retry-After"] = POLL_S
    return response


def etag(data: object) -> str:
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'
