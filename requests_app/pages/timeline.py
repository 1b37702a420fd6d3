"""What has happened to a request so far, one step after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _

from requests_app.instead import Passed, is_passed_over, passed_by, passed_words
from requests_app.models import AIAttempt, AIRequest, AIReviewQueue, AttemptReason, ReviewVerdict, Status
from requests_app.pages.place import Place
from requests_app.pages.wording import call_end, failure, seconds

State = Literal["past", "now", "bad", "ended"]
DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the timeline; ``clock`` is its time since the request was sent. ``waiting``: its words change."""

    title: str
    state: State
    at: datetime | None
    clock: str
    detail: str = ""
    waiting: bool = False


def steps_of(request: AIRequest, attempts: Sequence[AIAttempt], waiting: Place | None) -> list[Step]:
    steps = [_sent(request)]
    for attempt in attempts:
        steps.append(_call(request, attempts, attempt))
        if _wrote_first(request, attempts, attempt):
            steps.append(_first_words(request))
    steps.extend(_last(request, waiting))
    return steps


def _sent(request: AIRequest) -> Step:
    return Step(title=_("Queued"), state="past", at=request.created, clock=f"{request.created:%H:%M:%S} UTC")


def _call(request: AIRequest, attempts: Sequence[AIAttempt], attempt: AIAttempt) -> Step:
    running = not attempt.outcome and not request.final and attempt.number == request.attempt
    passed_over = is_passed_over(request, attempts, attempt)
    unknown = [Passed(model=request.model_asked)] if passed_over else []
    why = "".join(f" {passed_words(each)}" for each in passed_by(attempt) or unknown)
    return Step(
        title=_("Asked %(model)s") % {"model": attempt.model} if passed_over else _call_title(attempt),
        state="now" if running else "past" if attempt.outcome == DONE else "ended",
        at=attempt.started,
        clock=_since(request, attempt.started),
        detail=_call_detail(attempt, running=running) + why,
    )


def _call_title(attempt: AIAttempt) -> str:
    titles = {
        AttemptReason.FIRST: _("Asked %(model)s"),
        AttemptReason.RETRY: _("Asked %(model)s again"),
        AttemptReason.FALLBACK: _("Fell back to %(model)s"),
        AttemptReason.TAKEOVER: _("Another worker took over"),
        AttemptReason.RESUMED: _("Resumed with %(model)s"),
        AttemptReason.REASK: _("Asked again for the required form"),
        AttemptReason.TWIN: _("Asked %(model)s"),
    }
    return titles[AttemptReason(attempt.reason)] % {"model": attempt.model}


def _call_detail(attempt: AIAttempt, *, running: bool) -> str:
    untold = attempt.reason in {AttemptReason.TAKEOVER, AttemptReason.REASK}  # the other titles name the model
    words = _("Attempt %(number)s, %(model)s.") if untold else _("Attempt %(number)s.")
    number = words % {"number": attempt.number, "model": attempt.model}
    if running or attempt.outcome == DONE:
        return number
    return f"{number} {call_end(attempt.outcome or 'lost')}"


def _wrote_first(request: AIRequest, attempts: Sequence[AIAttempt], attempt: AIAttempt) -> bool:
    """Whether the first words came in this call."""
    if request.first_token is None:
        return False
    begun = [each.number for each in attempts if each.started <= request.first_token]
    return bool(begun) and attempt.number == max(begun)


def _first_words(request: AIRequest) -> Step:
    """Of what has to be judged first nobody has seen them."""
    title = _("The model began to write") if request.gated else _("First words")
    return Step(title=title, state="past", at=request.first_token, clock=_since(request, request.first_token))


def _last(request: AIRequest, waiting: Place | None) -> Iterator[Step]:
    if waiting is not None:
        yield Step(title=waiting.title, state="now", at=None, clock="", detail=waiting.detail, waiting=True)
    elif request.cancel_requested_at and not request.final:
        at = request.cancel_requested_at
        yield Step(title=_("Stopping"), state="now", at=at, clock=_since(request, at))
    elif request.final:
        yield _end(request)


def _end(request: AIRequest) -> Step:
    titles = {
        Status.DONE: _("Done"),
        Status.REJECTED: _("Rejected by a reviewer"),
        Status.FAILED: _("Failed"),
        Status.CANCELLED: _("Stopped"),
        Status.EXPIRED: _("Out of time"),
    }
    states: dict[str, State] = {Status.DONE: "past", Status.CANCELLED: "ended"}
    return Step(
        title=titles[Status(request.status)],
        state=states.get(request.status, "bad"),
        at=request.completed,
        clock=_since(request, request.completed),
        detail=failure(request.error_code) if request.error_code else _judged(request),
    )


def _judged(request: AIRequest) -> str:
    """Whose word it is in the end: of an earlier request, or of a person who had to see it."""
    if request.stale:
        return _("No model could be reached: this is an older answer to the same question.")
    if request.answered_by_id is not None:
        return _("You had this answer already: no model was asked again.")
    if not request.gated or request.status != Status.DONE:
        return ""
    item = AIReviewQueue.objects.filter(request=request).only("verdict").first()
    edited = item is not None and item.verdict == ReviewVerdict.EDITED
    return _("A reviewer changed it and approved it.") if edited else _("A reviewer approved it.") if item else ""


def _since(request: AIRequest, moment: datetime | None) -> str:
    return "" if moment is None else f"+{seconds(moment - request.created)}"
