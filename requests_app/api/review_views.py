"""Reviews over the API: to those without the right they are not there, and nobody's own requests are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from requests_app import review
from requests_app.api.base import ApiView, person
from requests_app.api.filters import KnownParameters
from requests_app.api.paging import MostUrgentFirst
from requests_app.api.reviews import Edit, Reason, Remark, ReviewDetail, ReviewSummary
from requests_app.api.schema import BODY, operation
from requests_app.api.serializers import KnownFields
from requests_app.errors import NotReviewable
from requests_app.filters import ReviewFilter
from requests_app.models import AIReviewQueue, ReviewAction, ReviewStep, ReviewVerdict
from requests_app.models.request import texts_of
from requests_app.models.review import MAY_JUDGE

STEP = (*BODY, "not_found", "not_reviewable")
SAID = (*STEP, "invalid", "parse_error", "unsupported_media_type")


class ReviewerView(ApiView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request)
        if not person(request).has_perm(MAY_JUDGE):
            raise NotFound

    def item(self, pk: UUID) -> AIReviewQueue:
        """Anew at each call."""
        rows = AIReviewQueue.objects.decidable_by(person(self.request))
        return get_object_or_404(rows.select_related("request", "claimed_by", "decided_by"), pk=pk)

    def answered(self, pk: UUID) -> Response:
        return Response(ReviewDetail(self.item(pk), context={"request": self.request}).data)


class ReviewListView(ReviewerView, ListAPIView[AIReviewQueue]):
    queryset = AIReviewQueue.objects.none()  # of this table; what the caller may judge below
    serializer_class = ReviewSummary
    filter_backends = [KnownParameters]
    filterset_class = ReviewFilter
    pagination_class = MostUrgentFirst

    @operation("invalid", "not_found", success=200, body=ReviewSummary(many=True), operation_id="reviews_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What waits for a verdict, the most urgent first, in others' hands too."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[AIReviewQueue]:
        rows = AIReviewQueue.objects.open().decidable_by(person(self.request))
        texts = ("text", "output", "edited_text", "edited_output", *texts_of("request"))
        return rows.select_related("request", "claimed_by").defer(*texts)


class ReviewView(ReviewerView):
    @operation("not_found", success=200, body=ReviewDetail, operation_id="reviews_read")
    def get(self, request: Request, pk: UUID) -> Response:
        """One review: what was sent, the answer, why it is here, every call, and what happened so far."""
        return self.answered(pk)


class StepView(ReviewerView):
    """One step. What this person has done already is answered as it stands, and not done again."""

    def take_step(self, pk: UUID, step: Callable[[User], object], done: Callable[[User], bool]) -> Response:
        who = person(self.request)
        self.item(pk)
        try:
            step(who)
        except NotReviewable:
            if not done(who):
                raise
        return self.answered(pk)

    def said(self, form: type[KnownFields]) -> dict[str, Any]:
        filled = form(data=self.request.data)
        filled.is_valid(raise_exception=True)
        found: dict[str, Any] = filled.validated_data
        return found

    def decided(self, pk: UUID, who: User, **verdict: object) -> bool:
        return AIReviewQueue.objects.filter(pk=pk, decided_by=who, **verdict).exists()


class ReviewTakeView(StepView):
    @operation(*STEP, success=200, body=ReviewDetail, operation_id="reviews_take", request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        """Have it in your hands for a quarter of an hour; again, to go on having it."""
        return self.take_step(pk, lambda who: review.take(who, pk), lambda _who: False)


class ReviewGiveBackView(StepView):
    @operation(*STEP, success=200, body=ReviewDetail, operation_id="reviews_give_back", request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        """Leave it to others; repeating changes nothing."""
        free = AIReviewQueue.objects.open().filter(pk=pk, claimed_by=None)
        return self.take_step(pk, lambda who: review.give_back(who, pk), lambda _who: free.exists())


class ReviewEscalateView(StepView):
    @operation(*SAID, success=200, body=ReviewDetail, operation_id="reviews_escalate", request=Reason)
    def post(self, request: Request, pk: UUID) -> Response:
        """Hand it to somebody else, before all others."""
        note = self.said(Reason)["note"]

        def done(who: User) -> bool:
            last = ReviewAction.objects.filter(item=pk).order_by("-pk").first()
            return last is not None and (last.step, last.person, last.note) == (ReviewStep.ESCALATED, who, note)

        return self.take_step(pk, lambda who: review.escalate(who, pk, note), done)


class ReviewApproveView(StepView):
    @operation(*SAID, success=200, body=ReviewDetail, operation_id="reviews_approve", request=Remark)
    def post(self, request: Request, pk: UUID) -> Response:
        """Deliver it as it is, in ten seconds; until then it can be undone."""
        said = self.said(Remark)
        return self.take_step(
            pk,
            lambda who: review.approve(who, pk, **said),
            lambda who: self.decided(pk, who, verdict=ReviewVerdict.APPROVED),
        )


class ReviewEditView(StepView):
    @operation(*SAID, success=200, body=ReviewDetail, operation_id="reviews_edit", request=Edit)
    def post(self, request: Request, pk: UUID) -> Response:
        """Deliver your text in its place; the model's is kept beside it."""
        said = self.said(Edit)
        edited = {"verdict": ReviewVerdict.EDITED, "edited_text": said["text"]}
        return self.take_step(
            pk, lambda who: review.approve(who, pk, **said), lambda who: self.decided(pk, who, **edited)
        )


class ReviewRejectView(StepView):
    @operation(*SAID, success=200, body=ReviewDetail, operation_id="reviews_reject", request=Reason)
    def post(self, request: Request, pk: UUID) -> Response:
        """Never deliver it. The asker reads the note, except where the answer was delivered already."""
        said = self.said(Reason)
        rejected = {"verdict": ReviewVerdict.REJECTED, **said}
        return self.take_step(
            pk, lambda who: review.reject(who, pk, **said), lambda who: self.decided(pk, who, **rejected)
        )


class ReviewUndoView(StepView):
    @operation(*STEP, success=200, body=ReviewDetail, operation_id="reviews_undo", request=None)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take your verdict back while it has not been carried out; it is in your hands again."""
        mine = AIReviewQueue.objects.open().filter(pk=pk)
        return self.take_step(pk, lambda who: review.undo(who, pk), lambda who: mine.held_by(who).exists())
