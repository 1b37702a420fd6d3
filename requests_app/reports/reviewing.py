"""What people do about a prompt below the line: look at it, and say what came of that."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User
from requests_app.models import PromptReview
from requests_app.models.clock import DatabaseClock

MAY_CLOSE = "requests_app.change_promptreview"


def close(review_id: UUID, *, by: User, note: str) -> bool:
    """False where it has been closed already, or never was. The ratings that opened it open no other."""
    row = PromptReview.objects.filter(pk=review_id, closed=None)
    return row.update(closed=DatabaseClock(), closed_by=by, note=note.strip()[:500]) > 0
