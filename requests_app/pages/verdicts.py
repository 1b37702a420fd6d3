"""What the buttons of a review do, and which answer comes next."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from ai.storable import UNSTORABLE
from requests_app import review
from requests_app.errors import NotReviewable
from requests_app.models import AIReviewQueue, ReviewAction, ReviewStep
from requests_app.pages.reviews import following

LINE_BREAK = re.compile("\r\n|\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came with the press of a button. ``leave``: the answer that is left for this one."""

    note: str = ""
    text: str = ""
    leave: UUID | None = None


def take(person: User, item: AIReviewQueue, said: Said) -> UUID | None:
    _let_go(person, said.leave)
    return review.take(person, item.pk).pk


def give_back(person: User, item: AIReviewQueue, _said: Said) -> UUID | None:
    review.give_back(person, item.pk)
    return None


def approve(person: User, item: AIReviewQueue, said: Said) -> UUID | None:
    return _judge(person, item, lambda: review.approve(person, item.pk, note=said.note))


def edit(person: User, item: AIReviewQueue, said: Said) -> UUID | None:
    text = _as_written(item, said.text)
    return _judge(person, item, lambda: review.approve(person, item.pk, note=said.note, text=text))


def reject(person: User, item: AIReviewQueue, said: Said) -> UUID | None:
    return _judge(person, item, lambda: review.reject(person, item.pk, note=said.note))


def escalate(person: User, item: AIReviewQueue, said: Said) -> UUID | None:
    return _judge(person, item, lambda: review.escalate(person, item.pk, said.note))


def undo(person: User, item: AIReviewQueue, said: Said) -> UUID | None:
    undone = review.undo(person, item.pk)
    _let_go(person, said.leave)
    return undone.pk


# Each returns the answer to go on with, or None for the list. They raise NotReviewable and ReviewInvalid.
STEPS: dict[str, Callable[[User, AIReviewQueue, Said], UUID | None]] = {
    "take": take,
    "give_back": give_back,
    "approve": approve,
    "edit": edit,
    "reject": reject,
    "escalate": escalate,
    "undo": undo,
}


def _judge(person: User, item: AIReviewQueue, decide: Callable[[], AIReviewQueue]) -> UUID | None:
    """A lock that has expired is taken anew, if nobody else did meanwhile."""
    coming = list(following(person, item.pk))
    if not AIReviewQueue.objects.held_by(person).filter(pk=item.pk).exists():
        review.take(person, item.pk)
    decide()
    return _take_first(person, coming)


def _take_first(person: User, coming: list[UUID]) -> UUID | None:
    """The first that is still to be had, but for what this person handed on to others."""
    handed_on = ReviewAction.objects.filter(item__in=coming, person=person, step=ReviewStep.ESCALATED)
    passed_over = set(handed_on.values_list("item_id", flat=True))
    for item_id in coming:
        if item_id in passed_over:
            continue
        with suppress(NotReviewable):
            return review.take(person, item_id).pk
    return None


def _let_go(person: User, item_id: UUID | None) -> None:
    if item_id is not None:
        with suppress(NotReviewable):
            review.give_back(person, item_id)


def _as_written(item: AIReviewQueue, posted: str) -> str:
    """Browsers send line breaks as CR LF, whatever stood there: a text that only they changed is the model's."""
    text = UNSTORABLE.sub("\ufffd", LINE_BREAK.sub("\n", posted))
    return item.text if text == LINE_BREAK.sub("\n", item.text) else text
