"""Whether a person must see an answer: one pure function from a prompt's declaration and facts to a verdict.

A fact that nobody knows (None) meets no rule, and the verdict names the rule as unjudged: it is not good either.

priority = min(100, weight of the weightiest reason + 5 for each further reason + 40 where the answer is kept back)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from ai.review.facts import Facts
from ai.review.rules import JUDGES, Code, Reason
from ai.review.spec import Always, ReviewSpec, Rule, Terms

WEIGHTS: Mapping[Code, int] = {
    "invalid": 60,
    "unsupported_citation": 55,
    "refusal": 50,
    "low_support": 45,
    "fallback": 40,
    "advice": 30,
    "repaired": 25,
    "cost": 20,
    "length": 20,
    "always": 10,
    "sample": 5,
}
EACH_FURTHER = 5
KEPT_BACK = 40
HIGHEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``gate``: keep it back until a person has approved it; ``audit``: deliver it and have a person look at it."""

    kind: Literal["gate", "audit", "none"] = "none"
    reasons: tuple[Reason, ...] = ()
    """The gate's first, in the order of the prompt's rules; each code once."""
    priority: int = 0
    """Sorts a queue, 100 first; 0 where nobody need look."""
    unjudged: tuple[Rule, ...] = ()
    """Rules that the prompt lists and whose facts are unknown."""


def needs_human_review(spec: ReviewSpec | None, facts: Facts) -> Verdict:
    """What the audit finds in an answer that is kept back adds to its reasons. Time grows with the text's length."""
    if spec is None:
        return Verdict()
    gate, gate_unjudged = _judged(spec, spec.gate, facts)
    audit, audit_unjudged = _judged(spec, spec.audit, facts)
    unjudged = tuple(dict.fromkeys((*gate_unjudged, *audit_unjudged)))
    kept = {reason.code for reason in gate}
    reasons = (*gate, *(reason for reason in audit if reason.code not in kept))
    if not reasons:
        return Verdict(unjudged=unjudged)
    priority = priority_of([reason.code for reason in reasons], kept_back=bool(gate))
    return Verdict(kind="gate" if gate else "audit", reasons=reasons, priority=priority, unjudged=unjudged)


def priority_of(codes: Collection[Code], *, kept_back: bool) -> int:
    weightiest = max(WEIGHTS[code] for code in codes)
    return min(HIGHEST, weightiest + EACH_FURTHER * (len(codes) - 1) + (KEPT_BACK if kept_back else 0))


def _judged(spec: ReviewSpec, terms: Terms | None, facts: Facts) -> tuple[list[Reason], list[Rule]]:
    if terms is None:
        return [], []
    always = isinstance(terms, Always)
    reasons = [Reason(code="always")] if always else []
    unjudged: list[Rule] = []
    for rule in terms.rules:
        if rule == "fallback" and not spec.is_high_stakes:
            continue
        judgement = JUDGES[rule](terms, facts)
        if judgement is None and not always:  # an answer that a person sees anyway leaves no rule open
            unjudged.append(rule)
        elif judgement:
            reasons.append(Reason(code=rule) if judgement is True else judgement)
    return [*reasons, *_sampled(terms, facts)], unjudged


def _sampled(terms: Terms, facts: Facts) -> list[Reason]:
    share = (terms.sample_percent or 0) / 100
    if facts.sample is None or facts.sample >= share:
        return []
    return [Reason(code="sample", measured=facts.sample, limit=share)]
