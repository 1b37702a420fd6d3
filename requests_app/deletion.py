"""Deleting a request: hidden at once, restorable for seven days, then without its content. The ledgers stay."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User
from requests_app import intake
from requests_app.forgetting import forget_sources
from requests_app.models import FINAL, AIOutputFeedback, AIRequest, AIReviewQueue, IdempotencyKey, Status
from requests_app.models.clock import DatabaseClock

KEPT = timedelta(days=7)
BATCH = 500


def delete(request: AIRequest) -> None:
    """Hide it from its owner, and end it where it has not ended. Its Idempotency-Key is free again."""
    if not request.final:
        intake.cancel(request)
    with transaction.atomic():
        AIRequest.objects.filter(pk=request.pk).update(deleted_at=Coalesce("deleted_at", DatabaseClock()))
        IdempotencyKey.objects.filter(request=request).delete()


def restore(user: User, request_id: UUID) -> AIRequest | None:
    """Show it again; None where it is not the user's, not deleted, or erased already."""
    if not AIRequest.objects.deleted_by(user).filter(pk=request_id).update(deleted_at=None):
        return None
    return AIRequest.objects.get(pk=request_id)


def erase() -> int:
    """Take the content out of requests that were deleted seven days ago; how many. Any number of times, anywhere."""
    due = AIRequest.objects.filter(deleted_at__lte=DatabaseClock() - KEPT, erased_at=None, status__in=FINAL)
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:BATCH])
        AIReviewQueue.objects.filter(request__in=ids).update(text="", output=None, edited_text="", edited_output=None)
        AIOutputFeedback.objects.filter(request__in=ids).update(comment="", tags=[])
        forget_sources(ids)
        return AIRequest.objects.filter(pk__in=ids).update(
            payload={},
            metadata={},
            object_id="",
            result=Case(When(status=Status.DONE, then=Value("")), default=None),
            partial="",
            output=None,
            erased_at=DatabaseClock(),
        )
