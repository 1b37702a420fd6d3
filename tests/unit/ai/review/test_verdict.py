from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai.review.facts import Facts, sampling_number
from ai.review.rules import Code
from ai.review.spec import RULES, THRESHOLDS, ReviewSpec
from ai.review.verdict import WEIGHTS, Verdict, needs_human_review, priority_of

FINE = Facts(text="Revenue rose by 8.4 %.", sample=0.5)
REFUSED = replace(FINE, text="I cannot help with that.")


def spec(**declared: Any) -> ReviewSpec:
    return ReviewSpec.model_validate(declared)


def codes(verdict: Verdict) -> list[Code]:
    return [reason.code for reason in verdict.reasons]


TABLE: list[tuple[str, ReviewSpec | None, Facts, str, list[str], int]] = [
    ("nothing declared", None, REFUSED, "none", [], 0),
    ("always", spec(gate="always"), FINE, "gate", ["always"], 50),
    ("always, and refused", spec(gate="always"), REFUSED, "gate", ["always", "refusal"], 95),
    ("always audited", spec(audit="always"), FINE, "audit", ["always"], 10),
    ("gate lets pass", spec(gate={"rules": ["refusal"]}), FINE, "none", [], 0),
    ("gate holds", spec(gate={"rules": ["refusal"]}), REFUSED, "gate", ["refusal"], 90),
    ("audit", spec(audit={"rules": ["refusal"]}), REFUSED, "audit", ["refusal"], 50),
    (
        "both, told once",
        spec(gate={"rules": ["refusal"]}, audit={"rules": ["refusal", "repaired"]}),
        replace(REFUSED, repaired=True),
        "gate",
        ["refusal", "repaired"],
        95,
    ),
    (
        "gate passes, audit does not",
        spec(gate={"rules": ["refusal"]}, audit={"rules": ["repaired"]}),
        replace(FINE, repaired=True),
        "audit",
        ["repaired"],
        25,
    ),
    ("not sampled", spec(audit={"sample_percent": 50}), FINE, "none", [], 0),
    ("sampled", spec(audit={"sample_percent": 50.1}), FINE, "audit", ["sample"], 5),
    ("sample unknown", spec(audit={"sample_percent": 100}), replace(FINE, sample=None), "none", [], 0),
    (
        "fallback, low stakes",
        spec(audit="always"),
        replace(FINE, model_asked="large", model_used="small"),
        "audit",
        ["always"],
        10,
    ),
    (
        "fallback, high stakes",
        spec(gate="always"),
        replace(FINE, model_asked="large", model_used="small"),
        "gate",
        ["always", "fallback"],
        85,
    ),
]


@pytest.mark.parametrize(
    ("spec", "facts", "kind", "found", "priority"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_verdict(spec: ReviewSpec | None, facts: Facts, kind: str, found: list[str], priority: int) -> None:
    verdict = needs_human_review(spec, facts)
    assert (verdict.kind, codes(verdict), verdict.priority) == (kind, found, priority)


def test_reasons_keep_the_order_of_the_file() -> None:
    facts = replace(REFUSED, repaired=True)
    assert codes(needs_human_review(spec(gate={"rules": ["repaired", "refusal"]}), facts)) == ["repaired", "refusal"]


def test_unknown_is_neither_bad_nor_good() -> None:
    verdict = needs_human_review(spec(audit={"rules": ["cost", "refusal", "repaired"]}), FINE)
    assert verdict == Verdict(unjudged=("cost", "repaired"))


def test_what_everybody_sees_leaves_nothing_open() -> None:
    assert needs_human_review(spec(gate="always"), FINE).unjudged == ()


def test_every_code_has_a_weight() -> None:
    assert set(WEIGHTS) == {*RULES, "always", "sample"}


def test_reasons_hold_nothing_of_the_text() -> None:
    assert "help" not in repr(needs_human_review(spec(gate="always"), REFUSED))


def test_sampling_number_is_stable() -> None:
    assert sampling_number(UUID(int=1)) == 0.0587764537918003


def test_sampling_is_even() -> None:
    drawn = sorted(sampling_number(uuid4()) for _ in range(4000))
    assert 0 <= drawn[0] < drawn[-1] < 1
    assert 100 < sum(number < 0.05 for number in drawn) < 300  # 200 expected, standard deviation 14


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


amounts = st.decimals(min_value=0, max_value=100, places=4)
some_facts = st.builds(
    Facts,
    text=st.sampled_from([FINE.text, REFUSED.text, "Consult a lawyer.", ""]) | st.text(max_size=30),
    repaired=maybe(st.booleans()),
    invalid=maybe(st.booleans()),
    attempt_reasons=st.lists(st.sampled_from(["first", "retry", "fallback", "reask"]), max_size=4).map(tuple),
    model_asked=maybe(st.sampled_from(["large", "small"])),
    model_used=maybe(st.sampled_from(["large", "small"])),
    support=maybe(st.floats(0, 1)),
    unsupported_citations=maybe(st.integers(0, 5)),
    cost=maybe(amounts),
    usual_cost=maybe(amounts),
    length=maybe(st.integers(0, 10_000)),
    usual_length=maybe(st.integers(0, 10_000)),
    sample=maybe(st.floats(0, 1, exclude_max=True)),
)


@st.composite
def some_terms(draw: st.DrawFn) -> Any:
    if draw(st.booleans()):
        return "always"
    rules = draw(st.lists(st.sampled_from(RULES), min_size=1, unique=True))
    thresholds = {name: 0.9 if name == "min_support" else 2.0 for name, rule in THRESHOLDS.items() if rule in rules}
    return {"rules": rules, **thresholds, **draw(st.sampled_from([{}, {"sample_percent": 30}]))}


@st.composite
def some_specs(draw: st.DrawFn) -> ReviewSpec:
    parts = draw(st.sampled_from([("gate",), ("audit",), ("gate", "audit")]))
    return spec(high_stakes=True, **{part: draw(some_terms()) for part in parts})


WORSE: list[dict[str, Any]] = [
    {"text": REFUSED.text + " Please consult a lawyer."},
    {"repaired": True},
    {"invalid": True},
    {"model_asked": "large", "model_used": "small"},
    {"support": 0.0},
    {"unsupported_citations": 6},
    {"cost": Decimal(1000), "usual_cost": Decimal("0.001")},
    {"length": 100_000, "usual_length": 1},
    {"sample": 0.0},
]


@given(some_specs(), some_facts)
def test_same_facts_same_verdict(spec: ReviewSpec, facts: Facts) -> None:
    assert needs_human_review(spec, facts) == needs_human_review(spec.model_copy(deep=True), replace(facts))


@given(some_specs(), some_facts, st.sampled_from(WORSE))
def test_what_is_worse_is_never_less_urgent(spec: ReviewSpec, facts: Facts, change: dict[str, Any]) -> None:
    before, after = needs_human_review(spec, facts), needs_human_review(spec, replace(facts, **change))
    assert after.priority >= before.priority
    assert set(codes(after)) >= set(codes(before))


@given(some_specs(), some_facts)
def test_a_verdict_agrees_with_itself(spec: ReviewSpec, facts: Facts) -> None:
    verdict = needs_human_review(spec, facts)
    found = codes(verdict)
    assert 0 <= verdict.priority <= 100
    assert (verdict.kind == "none") == (verdict.priority == 0) == (not found)
    assert len(set(found)) == len(found)
    assert not set(found) & set(verdict.unjudged)


@given(
    some_specs(), some_facts, st.sampled_from(["repaired", "support", "unsupported_citations", "cost", "usual_length"])
)
def test_forgetting_a_fact_finds_no_reason(spec: ReviewSpec, facts: Facts, name: str) -> None:
    forgotten: dict[str, Any] = {name: None}
    before, after = needs_human_review(spec, facts), needs_human_review(spec, replace(facts, **forgotten))
    assert set(codes(after)) <= set(codes(before))


@given(st.lists(st.sampled_from(sorted(WEIGHTS)), min_size=1, unique=True), st.sampled_from(sorted(WEIGHTS)))
def test_a_further_reason_never_lowers_the_priority(found: list[Code], further: Code) -> None:
    more = list(dict.fromkeys([*found, further]))
    assert priority_of(more, kept_back=False) >= priority_of(found, kept_back=False)
    assert priority_of(found, kept_back=True) > min(99, priority_of(found, kept_back=False))
