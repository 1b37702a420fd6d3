"""Why an answer is reviewed, how urgent that is and in whose hands it is, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from requests_app.models import AIReviewQueue
from requests_app.models.review import due_s

SOON = 4  # due soon in the last so-manieth part of its time

WORDS: dict[str, Promise] = {
    "invalid": gettext_lazy("it did not have the form that the prompt asks for"),
    "unsupported_citation": gettext_lazy("a citation is not borne out by its passage"),
    "refusal": gettext_lazy("it refuses the task, or a part of it"),
    "low_support": gettext_lazy("the sources bear it out too little (%(measured)s, at least %(limit)s is wanted)"),
    "fallback": gettext_lazy("another model than the first one answered"),
    "advice": gettext_lazy("it sends its reader to a professional"),
    "repaired": gettext_lazy("its JSON had to be mended"),
    "cost": gettext_lazy("it cost %(measured)s times as much as usual"),
    "length": gettext_lazy("it is %(measured)s times as long as usual"),
    "always": gettext_lazy("every answer of this prompt is reviewed"),
    "sample": gettext_lazy("it was drawn as a sample"),
}


def reasons_of(item: AIReviewQueue) -> list[str]:
    """A code that this version does not know stands for itself."""
    return [_in_words(reason) for reason in item.reasons]


def _in_words(reason: dict[str, Any]) -> str:
    code = str(reason["code"])
    numbers = {name: _number(reason.get(name)) for name in ("measured", "limit")}
    return str(WORDS[code]) % numbers if code in WORDS else code


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.2g}" if abs(value) < 10 else f"{value:,.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """``state`` is its colour; the words say the same."""

    state: Literal["late", "soon", "calm"]
    words: str


def due_of(item: AIReviewQueue) -> Due:
    left = item.due - timezone.now()
    if left <= timedelta():
        return Due(state="late", words=_("overdue by %(time)s") % {"time": _span(-left)})
    if left.total_seconds() * SOON <= due_s(item.priority):
        return Due(state="soon", words=_("due soon, in %(time)s") % {"time": _span(left)})
    return Due(state="calm", words=_("due in %(time)s") % {"time": _span(left)})


def _span(span: timedelta) -> str:
    now = timezone.now()
    return _("less than a minute") if span < timedelta(minutes=1) else timesince(now - span, now, depth=1)


Hands = Literal["mine", "others", "free", "judged", "closed"]


def hands_of(item: AIReviewQueue, person: User) -> Hands:
    if item.closed:
        return "closed"
    if item.verdict:
        return "judged"
    if item.claimed_by_id is None or item.claimed_until is None or item.claimed_until <= timezone.now():
        return "free"
    return "mine" if item.claimed_by_id == person.pk else "others"


def hands_words(item: AIReviewQueue, hands: Hands) -> str:
    said: dict[Hands, Callable[[], str]] = {
        "mine": lambda: _("in your hands"),
        "others": lambda: _("in the hands of %(name)s") % {"name": item.claimed_by},
        "free": lambda: _("in nobody's hands"),
        "judged": lambda: _("judged by %(name)s") % {"name": item.decided_by},
        "closed": lambda: _("closed"),
    }
    return said[hands]()
