"""What is known of an answer at its end, for ai.review to judge whether a person must see it."""

from __future__ import annotations

from typing import Any

from django.db import connection

from ai.models import PromptTemplate
from ai.prompts.registry import stored_prompt
from ai.review.facts import Facts, sampling_number
from ai.review.rules import is_refusal
from ai.review.spec import ReviewSpec
from ai.review.verdict import Verdict, needs_human_review
from ai.tracking import LLMUsageLog
from requests_app import sources
from requests_app.models import AIAttempt, AIRequest

LATEST, FEWEST = 200, 20
REFUSALS_WITHIN = 4_000  # characters of an answer: whoever refuses says so at its beginning
USUAL = """
SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY cost_usd),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY characters)
FROM (
    SELECT cost_usd, char_length(result) AS characters FROM requests_app_airequest
    WHERE template_id = %s AND status = 'done' ORDER BY completed DESC LIMIT %s
) AS latest
"""


def is_gated(template: PromptTemplate) -> bool:
    """Whether an answer of it may be kept back, so that nothing of it leaves before its end."""
    return template.spec.review is not None and template.spec.review.gate is not None


def refuses(*, text: str, output: Any) -> bool:
    """Of every answer, whatever its prompt declares: a millisecond's work, for the figures of the day."""
    return is_refusal(Facts(text=text[:REFUSALS_WITHIN], output=output))


def verdict_on(request: AIRequest, *, text: str, output: Any, repaired: bool) -> Verdict | None:
    """Of a whole answer whose calls have been recorded; None where the prompt wants nobody to look."""
    template = stored_prompt(request.template_id)
    spec = template.spec.review
    if spec is None:
        return None
    structured = template.output_schema is not None
    calls = list(AIAttempt.objects.filter(request=request).order_by("number").values_list("reason", "model"))
    facts = Facts(
        text=text,
        output=output,
        repaired=repaired if structured else None,
        invalid=False if structured else None,  # what does not fit is no answer
        attempt_reasons=tuple(reason for reason, _model in calls),
        model_asked=request.model_asked,
        model_used=calls[-1][1] if calls else None,
        cost=LLMUsageLog.objects.cost_of(request.pk),
        length=len(text),
        sample=sampling_number(request.pk),
        **_grounds(request, text),
        **_usual(request, spec),
    )
    return needs_human_review(spec, facts)


def _grounds(request: AIRequest, text: str) -> dict[str, Any]:
    """Of an answer from passages; that there were none is said by rule, and rests on nothing."""
    if not sources.retrieves(request) or not (kept := sources.keys(request)):
        return {}
    found = sources.cited(request, text)
    unsupported = sum(each.key not in kept for each in found.cited)
    return {"support": found.support, "unsupported_citations": unsupported}


def _usual(request: AIRequest, spec: ReviewSpec) -> dict[str, Any]:
    """Medians of the latest answers of this version, where a rule looks at them and there are enough."""
    asked = {rule for terms in (spec.gate, spec.audit) if terms for rule in terms.rules}
    if not asked & {"cost", "length"}:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(USUAL, [request.template_id, LATEST])
        count, cost, length = cursor.fetchone()
    return {"usual_cost": cost, "usual_length": length} if count >= FEWEST else {}
