"""The list of answers that wait for a verdict, and one of them with everything that is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ai.prompts.golden import GoldenCase
from requests_app import review
from requests_app.golden import golden_case
from requests_app.grounds import Grounds, grounds_under_review
from requests_app.models import AIRequest, AIReviewQueue, ReviewAction, ReviewKind, ReviewVerdict
from requests_app.models.request import texts_of
from requests_app.models.review import AIReviewQueueQuerySet
from requests_app.pages.answers import Answer, whole_answer
from requests_app.pages.difference import Piece, difference
from requests_app.pages.facts import Fact, facts_of
from requests_app.pages.page import Sent, sent_values
from requests_app.pages.reasons import Due, Hands, due_of, hands_of, hands_words, reasons_of
from requests_app.pages.timeline import Step, steps_of
from requests_app.pages.wording import ago, title_of
from requests_app.sources import retrieves

MOST = 100
TEXTS = ("text", "output", "edited_text", "edited_output", *texts_of("request"))


def waiting_for(person: User) -> AIReviewQueueQuerySet:
    """All that wait, in others' hands too, without their texts."""
    rows = AIReviewQueue.objects.open().decidable_by(person).in_turn()
    return rows.select_related("request__team", "claimed_by").defer(*TEXTS)


def item_for(person: User) -> AIReviewQueueQuerySet:
    """Where one is looked up: one's own requests are not there."""
    rows = AIReviewQueue.objects.decidable_by(person)
    return rows.select_related("request__template", "request__team", "claimed_by", "decided_by")


def neighbours(person: User, item_id: UUID) -> tuple[list[UUID], list[UUID]]:
    """What this person could take before it in the list, the nearest first, and after it."""
    ids = list(review.queue_for(person).values_list("pk", flat=True)[:MOST])
    if item_id not in ids:
        return [], ids
    here = ids.index(item_id)
    return ids[:here][::-1], ids[here + 1 :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """A verdict that can still be taken back for ``seconds``."""

    item: AIReviewQueue
    seconds: int

    @property
    def said(self) -> str:
        words = {
            ReviewVerdict.APPROVED: _("Approved."),
            ReviewVerdict.EDITED: _("Approved with your changes."),
            ReviewVerdict.REJECTED: _("Rejected."),
        }
        return words[ReviewVerdict(self.item.verdict)]

    @property
    def title(self) -> str:
        return title_of(self.item.request.prompt_key)


def undos_of(person: User) -> list[Undo]:
    """The latest first."""
    rows = AIReviewQueue.objects.taken_back_by(person).order_by("-decided_at")
    return [_undo(item) for item in rows.select_related("request").defer(*TEXTS)]


def _undo(item: AIReviewQueue) -> Undo:
    assert item.effective_at is not None  # noqa: S101 - it has a verdict
    left = (item.effective_at - timezone.now()).total_seconds()
    return Undo(item=item, seconds=max(1, min(round(left), review.UNDO_S)))


class _Line:
    """What a line of the list and the page of one answer say alike."""

    def __init__(self, item: AIReviewQueue, person: User) -> None:
        self.item = item
        self.person = person

    @property
    def id(self) -> UUID:
        return self.item.pk

    @property
    def title(self) -> str:
        return title_of(self.item.request.prompt_key)

    @property
    def prompt(self) -> str:
        return f"{self.item.request.prompt_key}@{self.item.request.prompt_version}"

    @property
    def sample(self) -> bool:
        return self.item.request.team.sample

    @property
    def reasons(self) -> list[str]:
        return reasons_of(self.item)

    @property
    def delivered(self) -> bool:
        return self.item.kind == ReviewKind.AUDIT

    @cached_property
    def due(self) -> Due:
        return due_of(self.item)

    @cached_property
    def hands(self) -> Hands:
        return hands_of(self.item, self.person)

    @property
    def hands_words(self) -> str:
        return hands_words(self.item, self.hands)

    @property
    def age(self) -> str:
        return ago(self.item.created)


class ReviewRow(_Line):
    """One line of the list."""


class Queue:
    """The list of one person: the most urgent first."""

    def __init__(self, person: User) -> None:
        self._person = person

    @cached_property
    def rows(self) -> list[ReviewRow]:
        return [ReviewRow(item, self._person) for item in waiting_for(self._person)[:MOST]]

    @property
    def full(self) -> bool:
        return len(self.rows) == MOST

    @property
    def free(self) -> bool:
        """Whether there is one to take."""
        return any(row.hands in {"free", "mine"} for row in self.rows)

    @property
    def undos(self) -> list[Undo]:
        return undos_of(self._person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed and is not stored; ``step`` says where, ``problem`` what is wrong with it."""

    step: str = ""
    note: str = ""
    text: str | None = None
    problem: str = ""


class ReviewPage(_Line):
    """One answer; each part is worked out when a template asks for it."""

    waiting = None  # the timeline's last words are for the asker

    def __init__(self, item: AIReviewQueue, person: User, *, draft: Draft | None = None) -> None:
        super().__init__(item, person)
        self.draft = draft or Draft()

    @property
    def _request(self) -> AIRequest:
        return self.item.request

    @property
    def text(self) -> str:
        """The model's."""
        return (self._request.result or "") if self.delivered else self.item.text

    @property
    def answer(self) -> Answer:
        output: Any = self._request.output if self.delivered else self.item.output
        keys = self.grounds.keys if retrieves(self._request) else None
        return whole_answer(self.text, output, self._request.template.output_schema, keys)

    @cached_property
    def grounds(self) -> Grounds:
        return grounds_under_review(self._request, self.text)

    @property
    def edited(self) -> bool:
        return self.item.verdict == ReviewVerdict.EDITED

    @property
    def difference(self) -> list[Piece]:
        return difference(self.item.text, self.item.edited_text) if self.edited else []

    @property
    def golden(self) -> GoldenCase | None:
        return golden_case(self.item)

    @property
    def to_edit(self) -> str:
        """A textarea swallows the line break that it begins with."""
        return "\n" + (self.text if self.draft.text is None else self.draft.text)

    @property
    def sent(self) -> list[Sent]:
        return sent_values(self._request.payload, self._request.template.spec.properties)

    @property
    def steps(self) -> list[Step]:
        return steps_of(self._request, list(self._request.attempts.order_by("number")), None)

    @property
    def facts(self) -> list[Fact]:
        return facts_of(self._request)

    @property
    def log(self) -> Sequence[ReviewAction]:
        return list(self.item.actions.select_related("person"))

    @cached_property
    def _neighbours(self) -> tuple[list[UUID], list[UUID]]:
        return neighbours(self.person, self.item.pk)

    @property
    def previous(self) -> UUID | None:
        return next(iter(self._neighbours[0]), None)

    @property
    def next(self) -> UUID | None:
        return next(iter(self._neighbours[1]), None)

    @property
    def undos(self) -> list[Undo]:
        return undos_of(self.person)


def following(person: User, item_id: UUID) -> Iterator[UUID]:
    """In what order to go on after it: down the list, then from its top."""
    before, after = neighbours(person, item_id)
    yield from after
    yield from reversed(before)
