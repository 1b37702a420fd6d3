"""What reviewers do: take an answer, judge it, think again. Each step is one conditional UPDATE and its ReviewAction.

A verdict waits for UNDO_S before it is carried out, so that it can be taken back; what a user has been shown cannot.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from ai.extract import Unfit, extract
from ai.prompts.registry import stored_prompt
from requests_app import lifecycle
from requests_app.budgets import NOTHING
from requests_app.errors import NotReviewable, ReviewInvalid
from requests_app.lifecycle import Ending
from requests_app.models import (
    AIRequest,
    AIReviewQueue,
    ReviewAction,
    ReviewKind,
    ReviewStep,
    ReviewVerdict,
    Status,
)
from requests_app.models.clock import DatabaseClock, seconds_from_now
from requests_app.models.review import LONGEST_NOTE, AIReviewQueueQuerySet
from requests_app.signals import announce_overdue
from requests_app.wake import changed

LOCK_S = 15 * 60
UNDO_S = 10
BATCH = 100
# Reviews of what was asked by oneself are not refused but absent: nothing about them may be learned here.
FREE = {"claimed_by": None, "claimed_until": None}
UNDECIDED = {
    "verdict": ReviewVerdict.NONE, "note": "", "edited_text": "", "edited_output": None,
    "decided_by": None, "decided_at": None, "effective_at": None,
}  # fmt: skip


def queue_for(person: User) -> AIReviewQueueQuerySet:
    """What this person may take now, the most urgent first."""
    return AIReviewQueue.objects.open().decidable_by(person).free_for(person).in_turn()


def take(person: User, item_id: UUID) -> AIReviewQueue:
    """Have it in one's hands for LOCK_S; again, to go on having it. Raises NotReviewable."""
    free = queue_for(person).order_by().filter(pk=item_id)
    return _step(free, item_id, person, ReviewStep.CLAIMED, claimed_by=person, claimed_until=seconds_from_now(LOCK_S))


def take_next(person: User) -> AIReviewQueue | None:
    """The most urgent that nobody has, but for what this person handed on; two who ask at once get two."""
    with transaction.atomic():
        handed_on = ReviewAction.objects.filter(item=OuterRef("pk"), person=person, step=ReviewStep.ESCALATED)
        waiting = queue_for(person).exclude(Exists(handed_on))
        row = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        return take(person, row.pk) if row else None


def give_back(person: User, item_id: UUID) -> AIReviewQueue:
    held = AIReviewQueue.objects.open().held_by(person).filter(pk=item_id)
    return _step(held, item_id, person, ReviewStep.RELEASED, **FREE)


def escalate(person: User, item_id: UUID, note: str) -> AIReviewQueue:
    """Hand it to somebody else, before all others."""
    if not note.strip():
        raise ReviewInvalid("/note", _("Say why somebody else should look."))
    held = AIReviewQueue.objects.open().held_by(person).filter(pk=item_id)
    return _step(held, item_id, person, ReviewStep.ESCALATED, note=note, escalated=True, priority=100, **FREE)


def approve(person: User, item_id: UUID, *, note: str = "", text: str | None = None) -> AIReviewQueue:
    """As it is, or with the reviewer's own ``text``; both are kept. Raises NotReviewable, ReviewInvalid."""
    item = AIReviewQueue.objects.select_related("request").filter(pk=item_id).first()
    if item is None or text is None or text == item.text:
        return _decide(person, item_id, ReviewVerdict.APPROVED, note=note)
    if item.kind == ReviewKind.AUDIT:
        raise ReviewInvalid("/text", _("This answer has been delivered; it can no longer be changed."))
    if not text.strip():
        raise ReviewInvalid("/text", _("Nothing is left of this answer. Reject it, and say why."))
    output = _value_of(item.request, text)
    return _decide(person, item_id, ReviewVerdict.EDITED, note=note, edited_text=text, edited_output=output)


def reject(person: User, item_id: UUID, *, note: str) -> AIReviewQueue:
    if not note.strip():
        raise ReviewInvalid("/note", _why(item_id))
    return _decide(person, item_id, ReviewVerdict.REJECTED, note=note)


def _why(item_id: UUID) -> str:
    """For whom the reason of a rejection is."""
    if AIReviewQueue.objects.filter(pk=item_id, kind=ReviewKind.AUDIT).exists():
        return _("Say why this answer is rejected, for reviewers and administrators: it has been delivered.")
    return _("Say why this answer is rejected: its asker reads it.")


def undo(person: User, item_id: UUID) -> AIReviewQueue:
    """Take one's verdict back while it has not been carried out; the answer is in one's hands again."""
    undone = AIReviewQueue.objects.taken_back_by(person).filter(pk=item_id)
    lock = {"claimed_by": person, "claimed_until": seconds_from_now(LOCK_S)}
    return _step(undone, item_id, person, ReviewStep.UNDONE, **UNDECIDED, **lock)


def deliver() -> int:
    """Carry out the verdicts that can no longer be taken back; how many. Any number of times, anywhere."""
    items = AIReviewQueue.objects.effective().order_by("request_id").values_list("pk", "request_id")[:BATCH]
    return sum(_deliver(item_id, request_id) for item_id, request_id in items)


def withdraw(request_id: UUID) -> bool:
    """End a request that is in review, for its asker; False where it is not so."""
    with transaction.atomic():
        request = AIRequest.objects.filter(pk=request_id, status=Status.REVIEW).select_for_update(of=("self",)).first()
        if request is None:
            return False
        lifecycle.end(_in_review(request_id), request, Ending(status=Status.CANCELLED), used=NOTHING)
        item = AIReviewQueue.objects.get(request=request)
        AIReviewQueue.objects.filter(pk=item.pk).update(closed=DatabaseClock(), **FREE)
        ReviewAction.objects.create(item=item, step=ReviewStep.WITHDRAWN)
    return True


def hurry_overdue() -> int:
    """Put what is overdue before all others and announce it, once; how many."""
    late = AIReviewQueue.objects.overdue().filter(overdue_told=None).order_by("pk")
    with transaction.atomic():
        items = list(late.select_related("request").select_for_update(skip_locked=True, of=("self",))[:BATCH])
        rows = AIReviewQueue.objects.filter(pk__in=[item.pk for item in items])
        rows.update(escalated=True, priority=100, overdue_told=DatabaseClock())
        ReviewAction.objects.bulk_create(ReviewAction(item=item, step=ReviewStep.ESCALATED) for item in items)
        for item in items:
            announce_overdue(item)
    return len(items)


def _decide(person: User, item_id: UUID, verdict: ReviewVerdict, **said: Any) -> AIReviewQueue:
    held = AIReviewQueue.objects.open().held_by(person).decidable_by(person).filter(pk=item_id)
    decided = {"decided_by": person, "decided_at": DatabaseClock(), "effective_at": seconds_from_now(UNDO_S)}
    return _step(held, item_id, person, ReviewStep.DECIDED, verdict=verdict, **said, **decided, **FREE)


def _step(rows: AIReviewQueueQuerySet, item_id: UUID, person: User, step: ReviewStep, **changes: Any) -> AIReviewQueue:
    """The step and its record in one commit; raises NotReviewable where the row is not as the step wants it."""
    note = changes.get("note", "") if step in {ReviewStep.DECIDED, ReviewStep.ESCALATED} else ""
    if step == ReviewStep.ESCALATED:
        changes.pop("note")
    with transaction.atomic():
        # Conditions on the request's row are read before a twin's UPDATE is waited for: so wait first.
        AIReviewQueue.objects.select_for_update(of=("self",)).filter(pk=item_id).first()
        if not rows.update(**changes):
            raise NotReviewable(_("Somebody else has this answer, or it has been judged."))
        ReviewAction.objects.create(
            item_id=item_id, step=step, person=person, note=note, verdict=changes.get("verdict", "")
        )
    return AIReviewQueue.objects.select_related("request").get(pk=item_id)


def _value_of(request: AIRequest, text: str) -> Any:
    """The value in an edited answer, where the prompt has a form."""
    schema = stored_prompt(request.template_id).output_schema
    if schema is None:
        return None
    try:
        return extract(text, schema).value
    except Unfit as problem:
        raise ReviewInvalid("/text", str(problem)) from None


def _deliver(item_id: UUID, request_id: UUID) -> bool:
    """Verdict, status, text and record in one commit."""
    with transaction.atomic():
        request = AIRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
        closed = AIReviewQueue.objects.effective().filter(pk=item_id).update(closed=DatabaseClock())
        if not closed:
            return False
        item = AIReviewQueue.objects.get(pk=item_id)
        if item.kind == ReviewKind.GATE:
            lifecycle.end(_in_review(request_id), request, _ending_of(item), used=NOTHING)
            transaction.on_commit(partial(changed, request_id))
        ReviewAction.objects.create(item=item, step=ReviewStep.DELIVERED, verdict=item.verdict)
    return True


def _ending_of(item: AIReviewQueue) -> Ending:
    if item.verdict == ReviewVerdict.REJECTED:
        return Ending(status=Status.REJECTED, code="rejected", message=item.note[:LONGEST_NOTE])
    edited = item.verdict == ReviewVerdict.EDITED
    return Ending(
        status=Status.DONE,
        text=item.final_text,
        output=item.edited_output if edited else item.output,
        repaired=item.repaired and not edited,
    )


def _in_review(request_id: UUID) -> Any:
    return AIRequest.objects.filter(pk=request_id, status=Status.REVIEW)
