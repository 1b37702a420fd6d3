"""Why another model than the first of the route answers a request: what became of the one that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ai.failures import FAILURES
from requests_app.models import AIAttempt, AIRequest, AttemptReason

PASSED_OVER = "passed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """``reason`` is how the last call of the model asked for ended, or ``passed_over`` where there was none."""

    asked: str
    used: str
    reason: str


def instead_of(request: AIRequest) -> Instead | None:
    """None where the model that was asked for is the one used, or nobody was called."""
    if request.model in ("", request.model_asked) or request.answered_by_id is not None:
        return None
    calls = AIAttempt.objects.filter(request=request, model=request.model_asked).order_by("-number")
    outcome = calls.values_list("outcome", flat=True).first()
    reason = PASSED_OVER if outcome is None else outcome or "lost"
    return Instead(asked=request.model_asked, used=request.model, reason=reason)


def is_passed_over(request: AIRequest, attempts: Sequence[AIAttempt], attempt: AIAttempt) -> bool:
    """Whether this call was made by another model though the one asked for had not been called before."""
    if attempt.reason != AttemptReason.FALLBACK or attempt.model == request.model_asked:
        return False
    return not any(each.model == request.model_asked for each in attempts if each.number < attempt.number)


def passed_over_words(asked: str) -> str:
    """Workers share breakers and limits in Redis alone, so which of the three it was is known on Operations, then."""
    return _(
        "%(asked)s was not called: it was left alone after failures, rested as its provider had asked, or had used up"
        " its limit of the minute."
    ) % {"asked": asked}


def message_of(told: Instead) -> str:
    """The same as a sentence."""
    if told.reason == PASSED_OVER:
        return passed_over_words(told.asked)
    if told.reason in ("provider_unavailable", "lost") or told.reason not in FAILURES:
        return _("%(asked)s did not answer, or not to the end.") % {"asked": told.asked}
    return f"{told.asked}: {FAILURES[told.reason]}"
