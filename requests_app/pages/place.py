"""Why a request has not begun and where it stands in the queue, in plain words."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.contrib.humanize.templatetags.humanize import ordinal
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from requests_app.models import AIRequest
from requests_app.waiting import Reason, queue_ahead, waiting_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """``title`` and ``detail`` are a step of the timeline, ``sheet`` stands where the answer will."""

    reason: Reason
    title: str
    detail: str
    sheet: str

    @property
    def said(self) -> dict[str, str]:
        """For the script that keeps the page up to date."""
        return asdict(self)


def place_of(request: AIRequest) -> Place | None:
    """None for what is under way or over."""
    reason = waiting_for(request)
    if reason is None:
        return None
    if reason == "review":
        return _in_review()
    ahead = queue_ahead(request)
    place = place_words(ahead)
    return Place(
        reason=reason,
        title=_("Waiting, %(place)s") % {"place": place} if place else _("Waiting"),
        detail=_why(request, reason, ahead),
        sheet=_sheet(reason, place),
    )


def _in_review() -> Place:
    detail = _("A person looks at this answer before you see it. You may close this page.")
    return Place(reason="review", title=_("In review"), detail=detail, sheet=_("The answer is being reviewed."))


def place_words(ahead: int | None) -> str:
    """``3rd in the queue`` where two are ahead; empty where that is unknown."""
    if ahead is None:
        return ""
    return _("%(nth)s in the queue") % {"nth": ordinal(ahead + 1)} if ahead else _("next in the queue")


def _sheet(reason: Reason, place: str) -> str:
    """Spoken too, so without anything that counts down."""
    if reason == "not_before":
        return _("Waiting for a model that is not busy.")
    if reason == "twin":
        return _("Waiting for the same answer.")
    return _("Waiting for its turn: %(place)s.") % {"place": place} if place else _("Waiting for its turn.")


def _why(request: AIRequest, reason: Reason, ahead: int | None) -> str:
    if reason == "not_before":
        return _("Every model of its route is busy. It is tried again %(when)s.") % {"when": _when(request)}
    if reason == "twin":
        return _("You have asked the same before, and that is being answered. Its answer comes here too.")
    if reason == "worker":
        return f"{_('No worker is running.')} {_before(ahead)}".strip()
    if ahead is None:
        return _("A worker takes it when its turn comes.")
    return f"{_before(ahead)} {_('All workers are busy.')}".strip()


def _before(ahead: int | None) -> str:
    if not ahead:
        return ""
    words = ngettext("One request is before it.", "%(count)s requests are before it.", ahead)
    return words % {"count": f"{ahead:,}"}


def _when(request: AIRequest) -> str:
    """By this machine's clock: words for a person, on which nothing depends."""
    left = (request.not_before - timezone.now()).total_seconds() if request.not_before else 0.0
    return _("in about %(count)d s") % {"count": round(left)} if left > 1 else _("in a moment")
