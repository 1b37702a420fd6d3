"""Why another model than the first of the route answers a request: what became of the one that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai.failures import FAILURES
from requests_app.models import AIAttempt, AIRequest, AttemptReason

PASSED_OVER = "passed_over"
WHY: Mapping[str, str | Promise] = {
    "failing": gettext_lazy("it was left alone after failures"),
    "key_rejected": gettext_lazy("its provider had turned our key down"),
    "probing": gettext_lazy("a single call was trying whether it works again"),
    "rate_limited": gettext_lazy("it rested, as its provider limits how much it is asked"),
    "limit_full": gettext_lazy("it had used up its limit of the minute"),
    "context_exceeded": gettext_lazy("the input does not fit into its window"),
}
UNKNOWN = gettext_lazy(
    "it was left alone after failures, rested as its provider had asked, or had used up its limit of the minute"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A model that a call went past. ``why`` is empty where nobody wrote it down; ``free``: when it could be called."""

    model: str
    why: str = ""
    free: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """``reason`` is how the last call of the model asked for ended, or ``passed_over`` where there was none."""

    asked: str
    used: str
    reason: str
    passed: Passed | None = None


def instead_of(request: AIRequest) -> Instead | None:
    """None where the model that was asked for is the one used, or nobody was called."""
    if request.model in ("", request.model_asked) or request.answered_by_id is not None:
        return None
    attempts = list(AIAttempt.objects.filter(request=request).order_by("-number"))
    for attempt in attempts:
        if attempt.model == request.model_asked:
            return Instead(asked=request.model_asked, used=request.model, reason=attempt.outcome or "lost")
    told = [each for attempt in attempts for each in passed_by(attempt) if each.model == request.model_asked]
    passed = told[0] if told else Passed(model=request.model_asked)
    return Instead(asked=request.model_asked, used=request.model, reason=PASSED_OVER, passed=passed)


def passed_by(attempt: AIAttempt) -> list[Passed]:
    """In the order of the route."""
    return [
        Passed(model=each["model"], why=each["why"], free=_after(attempt.started, each["seconds"]))
        for each in attempt.passed_over or ()
    ]


def _after(moment: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else moment + timedelta(seconds=seconds)


def is_passed_over(request: AIRequest, attempts: Sequence[AIAttempt], attempt: AIAttempt) -> bool:
    """Whether this call was made by another model though the one asked for had not been called before."""
    if attempt.reason != AttemptReason.FALLBACK or attempt.model == request.model_asked:
        return False
    return not any(each.model == request.model_asked for each in attempts if each.number < attempt.number)


def passed_words(passed: Passed) -> str:
    said = _("%(model)s was not called: %(why)s.") % {"model": passed.model, "why": WHY.get(passed.why, UNKNOWN)}
    if passed.free is None:
        return said
    return _("%(said)s It could be called again from %(time)s.") % {"said": said, "time": f"{passed.free:%H:%M:%S} UTC"}


def message_of(told: Instead) -> str:
    """The same as a sentence."""
    if told.passed is not None:
        return passed_words(told.passed)
    if told.reason in ("provider_unavailable", "lost") or told.reason not in FAILURES:
        return _("%(asked)s did not answer, or not to the end.") % {"asked": told.asked}
    return f"{told.asked}: {FAILURES[told.reason]}"
