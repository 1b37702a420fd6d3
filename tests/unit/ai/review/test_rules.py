"""Each rule as rows of one table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ai.review.facts import Facts
from ai.review.rules import JUDGES, Judgement, Reason
from ai.review.spec import RULES, Rule, Terms

FINE = Facts(text="Revenue rose by 8.4 %.")
TERMS = Terms(rules=RULES)
ASKED = replace(FINE, model_asked="large", model_used="large")

TABLE: list[tuple[str, Rule, Facts, Judgement]] = [
    ("an answer", "refusal", FINE, False),
    ("a refusal", "refusal", replace(FINE, text="I can’t help with that."), True),
    ("an empty text", "refusal", replace(FINE, text=""), False),
    ("a refusal in a value", "refusal", replace(FINE, text='So: {"n": 1, "s": "I cannot help."}', output={"s": "I cannot help."}), True),
    ("a value that refuses nothing", "refusal", replace(FINE, text="I cannot help.", output={"n": 1}), False),
    ("no advice", "advice", FINE, False),
    ("advice in a value", "advice", replace(FINE, text="{}", output=[{"s": "Consult a lawyer."}]), True),
    ("advice", "advice", replace(FINE, text="Please consult a doctor."), True),
    ("no structure", "repaired", FINE, None),
    ("sound JSON", "repaired", replace(FINE, repaired=False), False),
    ("mended JSON", "repaired", replace(FINE, repaired=True), True),
    ("nothing known", "invalid", FINE, None),
    ("fits", "invalid", replace(FINE, invalid=False), False),
    ("does not fit", "invalid", replace(FINE, invalid=True), True),
    ("fits at the second time", "invalid", replace(FINE, invalid=False, attempt_reasons=("first", "reask")), True),
    ("only calls known", "invalid", replace(FINE, attempt_reasons=("first",)), False),
    ("no names", "fallback", FINE, None),
    ("one name", "fallback", replace(FINE, model_used="small"), None),
    ("the one asked", "fallback", ASKED, False),
    ("another one", "fallback", replace(ASKED, model_used="small"), True),
    ("put back to the first", "fallback", replace(ASKED, attempt_reasons=("first", "fallback", "first")), False),
    ("only calls known", "fallback", replace(FINE, attempt_reasons=("first", "fallback")), True),
    ("only a retry", "fallback", replace(FINE, attempt_reasons=("first", "retry")), False),
    ("no retrieval", "low_support", FINE, None),
    ("at the limit", "low_support", replace(FINE, support=0.5), False),
    ("below", "low_support", replace(FINE, support=0.25), Reason(code="low_support", measured=0.25, limit=0.5)),
    ("none cited", "unsupported_citation", FINE, None),
    ("all borne out", "unsupported_citation", replace(FINE, unsupported_citations=0), False),
    (
        "two are not",
        "unsupported_citation",
        replace(FINE, unsupported_citations=2),
        Reason(code="unsupported_citation", measured=2, limit=0),
    ),
    ("price unknown", "cost", replace(FINE, usual_cost=Decimal(1)), None),
    ("usual unknown", "cost", replace(FINE, cost=Decimal(1)), None),
    ("usually free", "cost", replace(FINE, cost=Decimal(1), usual_cost=Decimal(0)), None),
    ("at the limit", "cost", replace(FINE, cost=Decimal("0.3"), usual_cost=Decimal("0.1")), False),
    ("cheap", "cost", replace(FINE, cost=Decimal(0), usual_cost=Decimal("0.1")), False),
    (
        "dear",
        "cost",
        replace(FINE, cost=Decimal("0.4"), usual_cost=Decimal("0.1")),
        Reason(code="cost", measured=4.0, limit=3.0),
    ),
    ("usual unknown", "length", replace(FINE, length=100), None),
    ("usual", "length", replace(FINE, length=100, usual_length=120), False),
    ("at both limits", "length", replace(FINE, length=100, usual_length=300), False),
    (
        "long",
        "length",
        replace(FINE, length=400, usual_length=100),
        Reason(code="length", measured=4.0, limit=3.0),
    ),
    (
        "short",
        "length",
        replace(FINE, length=25, usual_length=100),
        Reason(code="length", measured=0.25, limit=3.0),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "facts", "judgement"), [row[1:] for row in TABLE], ids=[f"{r}: {n}" for n, r, *_ in TABLE]
)
def test_judgement(rule: Rule, facts: Facts, judgement: Judgement) -> None:
    assert JUDGES[rule](TERMS, facts) == judgement


def test_every_rule_has_a_judge() -> None:
    assert set(JUDGES) == set(RULES) == {row[1] for row in TABLE}
