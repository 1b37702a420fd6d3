"""What a prompt declares about human review: the ``review`` part of its file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Rule = Literal[
    "refusal",
    "advice",
    "repaired",
    "invalid",
    "fallback",
    "low_support",
    "unsupported_citation",
    "cost",
    "length",
]
RULES: tuple[Rule, ...] = get_args(Rule)
THRESHOLDS: dict[str, Rule] = {"min_support": "low_support", "cost_factor": "cost", "length_factor": "length"}
NEEDS: dict[Rule, str] = {
    "repaired": "output",
    "invalid": "output",
    "low_support": "retrieve",
    "unsupported_citation": "retrieve",
}

Factor = Annotated[float, Field(gt=1, le=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Terms(_Strict):
    """Which answers: those that a rule is met by, and a share of all others."""

    rules: Annotated[tuple[Rule, ...], Field(strict=False)] = ()
    sample_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    min_support: Annotated[float, Field(gt=0, le=1)] = 0.5
    cost_factor: Factor = 3.0
    length_factor: Factor = 3.0

    @field_validator("rules")
    @classmethod
    def _once_each(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        for position, rule in enumerate(rules):
            if rule in rules[:position]:
                raise ValueError(f"{rule} is there twice")
        return rules

    @model_validator(mode="after")
    def _nothing_idle(self) -> Terms:
        if not self.rules and self.sample_percent is None:
            raise ValueError("give rules, or sample_percent, or write always")
        for threshold, rule in THRESHOLDS.items():
            if threshold in self.model_fields_set and rule not in self.rules:
                raise ValueError(f"{threshold} has no effect without the rule {rule}")
        return self


class Always(Terms):
    """Every answer. The rules are looked at all the same, to say which of them are urgent."""

    rules: Annotated[tuple[Rule, ...], Field(strict=False)] = RULES


class ReviewSpec(_Strict):
    """``gate`` keeps an answer back until a person has approved it, ``audit`` asks for a look afterwards."""

    gate: Terms | None = None
    audit: Terms | None = None
    high_stakes: bool = False
    """Declared, or implied by a gate that is always shut: an answer of a fallback model is a reason to look."""

    @field_validator("gate", "audit", mode="before")
    @classmethod
    def _always_or_terms(cls, declared: Any) -> Any:
        if declared == "always":
            return Always()
        if not isinstance(declared, dict | Terms):
            raise ValueError("must be always, or a mapping with rules")
        return declared

    @model_validator(mode="after")
    def _something(self) -> ReviewSpec:
        if self.gate is None and self.audit is None:
            raise ValueError("give gate or audit")
        fallback = any("fallback" in part.rules for part in (self.gate, self.audit) if part and not _always(part))
        if fallback and not self.is_high_stakes:
            raise ValueError("the rule fallback is for prompts of high stakes; add high_stakes: true")
        return self

    @property
    def is_high_stakes(self) -> bool:
        return self.high_stakes or _always(self.gate)

    def unmet(self, *, output: bool, retrieve: bool) -> Iterator[tuple[str, Rule, str]]:
        """Each rule that could never be met, as gate or audit, rule, and the part of the file that it needs."""
        present = {"output": output, "retrieve": retrieve}
        for name, terms in (("gate", self.gate), ("audit", self.audit)):
            if terms is None or _always(terms):
                continue
            for rule in terms.rules:
                if rule in NEEDS and not present[NEEDS[rule]]:
                    yield name, rule, NEEDS[rule]


def _always(terms: Terms | None) -> bool:
    return isinstance(terms, Always)
