"""Each rule: does this answer meet it. True or a Reason with its numbers, False, or None where nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ai.review.facts import Facts
from ai.review.language import gives_advice, refuses
from ai.review.spec import Rule, Terms
from ai.storable import parts

Code = Rule | Literal["always", "sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """``measured`` and ``limit`` where numbers are compared. Nothing of the answer's text: reasons may be logged."""

    code: Code
    measured: float | None = None
    limit: float | None = None


Judgement = Reason | bool | None


def is_refusal(facts: Facts) -> bool:
    return any(refuses(text) for text in _texts(facts))


def _refusal(_terms: Terms, facts: Facts) -> Judgement:
    return is_refusal(facts)


def _advice(_terms: Terms, facts: Facts) -> Judgement:
    return any(gives_advice(text) for text in _texts(facts))


def _texts(facts: Facts) -> list[str]:
    if facts.output is None:
        return [facts.text]
    return [part for _, part in parts(facts.output) if isinstance(part, str)]


def _repaired(_terms: Terms, facts: Facts) -> Judgement:
    return facts.repaired


def _invalid(_terms: Terms, facts: Facts) -> Judgement:
    """Also where only an earlier answer did not fit, and the model had to be asked again."""
    if facts.invalid or "reask" in facts.attempt_reasons:
        return True
    return None if facts.invalid is None and not facts.attempt_reasons else False


def _fallback(_terms: Terms, facts: Facts) -> Judgement:
    """By the models' names where they are known: a request that was put back may meet its first model again."""
    if facts.model_asked and facts.model_used:
        return facts.model_asked != facts.model_used
    return "fallback" in facts.attempt_reasons if facts.attempt_reasons else None


def _low_support(terms: Terms, facts: Facts) -> Judgement:
    if facts.support is None:
        return None
    low = facts.support < terms.min_support
    return low and Reason(code="low_support", measured=facts.support, limit=terms.min_support)


def _unsupported_citation(_terms: Terms, facts: Facts) -> Judgement:
    count = facts.unsupported_citations
    if count is None:
        return None
    return count > 0 and Reason(code="unsupported_citation", measured=count, limit=0)


def _cost(terms: Terms, facts: Facts) -> Judgement:
    times = _times(facts.cost, facts.usual_cost)
    if times is None:
        return None
    return times > terms.cost_factor and Reason(code="cost", measured=times, limit=terms.cost_factor)


def _length(terms: Terms, facts: Facts) -> Judgement:
    """Too short is as odd as too long."""
    times = _times(facts.length, facts.usual_length)
    if times is None:
        return None
    odd = not 1 / terms.length_factor <= times <= terms.length_factor
    return odd and Reason(code="length", measured=times, limit=terms.length_factor)


def _times(value: Decimal | int | None, usual: Decimal | int | None) -> float | None:
    """How many times the usual; nothing can be said against a usual figure of zero."""
    if value is None or usual is None or usual <= 0:
        return None
    return float(value) / float(usual)


JUDGES: Mapping[Rule, Callable[[Terms, Facts], Judgement]] = {
    "refusal": _refusal,
    "advice": _advice,
    "repaired": _repaired,
    "invalid": _invalid,
    "fallback": _fallback,
    "low_support": _low_support,
    "unsupported_citation": _unsupported_citation,
    "cost": _cost,
    "length": _length,
}
