from __future__ import annotations

import pytest
from pydantic import ValidationError

from ai.prompts.source import read_prompts
from ai.review.spec import RULES, Always, ReviewSpec


@pytest.mark.parametrize("part", ["gate", "audit"])
def test_always_looks_at_every_rule(part: str) -> None:
    terms = getattr(ReviewSpec.model_validate({part: "always"}), part)
    assert isinstance(terms, Always)
    assert terms.rules == RULES


def test_gate_and_audit_may_both_be_declared() -> None:
    spec = ReviewSpec.model_validate({"gate": {"rules": ["refusal"]}, "audit": {"sample_percent": 5}})
    assert spec.gate is not None
    assert spec.audit is not None
    assert (spec.gate.rules, spec.audit.sample_percent) == (("refusal",), 5)


@pytest.mark.parametrize(
    ("declared", "high"),
    [
        ({"gate": "always"}, True),
        ({"audit": "always"}, False),
        ({"gate": {"rules": ["cost"]}}, False),
        ({"gate": {"rules": ["fallback"]}, "high_stakes": True}, True),
        ({"gate": "always", "audit": {"rules": ["fallback"]}}, True),
    ],
)
def test_stakes_are_declared_or_implied_by_a_shut_gate(declared: dict[str, object], high: bool) -> None:
    assert ReviewSpec.model_validate(declared).is_high_stakes is high


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({}, "give gate or audit"),
        ({"gate": True}, "must be always"),
        ({"gate": "sometimes"}, "must be always"),
        ({"gate": {"always": True}}, "Extra inputs"),
        ({"gate": {"rules": "refusal"}}, "valid tuple"),
        ({"gate": {"rules": []}}, "give rules"),
        ({"gate": {"rules": ["refusal", "refusal"]}}, "refusal is there twice"),
        ({"gate": {"rules": ["rudeness"]}}, "'refusal', 'advice'"),
        ({"gate": {"rules": ["length"], "length_factor": 1}}, "greater than 1"),
        ({"gate": {"rules": ["length"], "length_factor": float("inf")}}, "less than or equal to 1000"),
        ({"gate": {"rules": ["length"], "cost_factor": 2}}, "cost_factor has no effect without the rule cost"),
        ({"audit": {"sample_percent": 101}}, "less than or equal to 100"),
        ({"audit": {"sample_percent": True}}, "valid number"),
        ({"audit": {"rules": ["fallback"]}}, "add high_stakes: true"),
    ],
)
def test_refuses_what_it_cannot_obey(declared: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ReviewSpec.model_validate(declared)


def test_names_rules_that_are_never_met() -> None:
    spec = ReviewSpec.model_validate({"gate": {"rules": ["cost", "repaired"]}, "audit": {"rules": ["low_support"]}})
    assert list(spec.unmet(output=False, retrieve=False)) == [
        ("gate", "repaired", "output"),
        ("audit", "low_support", "retrieve"),
    ]
    assert not list(spec.unmet(output=True, retrieve=True))


def test_always_needs_nothing() -> None:
    assert not list(ReviewSpec.model_validate({"gate": "always"}).unmet(output=False, retrieve=False))


def test_three_shipped_prompts_are_always_gated() -> None:
    files, _ = read_prompts()
    gated = {file.key for file in files if file.spec.review and isinstance(file.spec.review.gate, Always)}
    assert gated == {"contract_analysis", "medical_summary", "financial_report"}
