"""What the page of a request shows of its user's feedback, and what it makes of the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from requests_app.models import AIOutputFeedback, AIRequest, Rating, Status
from requests_app.models.feedback import LONGEST_COMMENT

# What is offered below a thumb down; programs may send other words.
SUGGESTED: dict[str, Promise] = {
    "wrong": gettext_lazy("Wrong"),
    "incomplete": gettext_lazy("Incomplete"),
    "too long": gettext_lazy("Too long"),
    "tone": gettext_lazy("Tone"),
    "format": gettext_lazy("Format"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    word: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """``rating`` is 0 where there is none; ``said`` is what came of the last step, ``error`` why it was refused."""

    rating: int
    comment: str
    tags: list[Tag]
    said: str = ""
    error: str = ""
    most: int = LONGEST_COMMENT

    @property
    def up(self) -> bool:
        return self.rating == Rating.UP

    @property
    def down(self) -> bool:
        return self.rating == Rating.DOWN


def feedback_of(request: AIRequest, *, said: str = "") -> Feedback | None:
    """As stored; None where there is no answer to rate."""
    if request.status != Status.DONE:
        return None
    given = AIOutputFeedback.objects.filter(request=request).first()
    if given is None:
        return Feedback(rating=0, comment="", tags=[], said=said)
    return Feedback(rating=given.rating, comment=given.comment, tags=tags_of(given.rating, given.tags), said=said)


def tags_of(rating: int, chosen: Sequence[str]) -> list[Tag]:
    """The suggestions for a thumb down, and whatever is chosen already."""
    words = [*SUGGESTED] if rating == Rating.DOWN else []
    words += [word for word in chosen if word not in words]
    return [Tag(word=word, label=str(SUGGESTED.get(word, word)), chosen=word in chosen) for word in words]
