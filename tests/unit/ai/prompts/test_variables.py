from __future__ import annotations

from typing import Any

import pytest

from ai.errors import MOST_PROBLEMS, VariablesInvalid
from ai.prompts.spec import PromptSpec
from ai.prompts.variables import validate_payload

SPEC = PromptSpec.model_validate(
    {
        "key": "p",
        "version": "1",
        "description": "d",
        "system": "s",
        "user": "$text",
        "max_tokens": 1,
        "temperature": 0.0,
        "route": "r",
        "deadline": 1,
        "variables": {
            "type": "object",
            "required": ["text", "count"],
            "properties": {
                "text": {"type": "string", "minLength": 1, "maxLength": 10, "pattern": "^[^!]*$"},
                "count": {"type": "integer", "minimum": 1, "maximum": 3},
                "tone": {"enum": ["warm", "dry"]},
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
            },
        },
    }
)
GOOD = {"text": "hello", "count": 2}


def problems(payload: Any) -> dict[str, str]:
    with pytest.raises(VariablesInvalid) as invalid:
        validate_payload(SPEC, payload)
    return {problem.pointer: problem.detail for problem in invalid.value.problems}


def test_accepts_a_good_payload() -> None:
    validate_payload(SPEC, {**GOOD, "tone": "dry", "tags": ["a"]})


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, {"/text": "is missing", "/count": "is missing"}),
        ({**GOOD, "texd": 1}, {"/texd": "is no variable of this prompt"}),
        ({**GOOD, "text": 5}, {"/text": "must be text"}),
        ({**GOOD, "text": ""}, {"/text": "must not be empty"}),
        ({**GOOD, "text": "x" * 11}, {"/text": "must have at most 10 characters"}),
        ({**GOOD, "text": "no!"}, {"/text": "does not have the expected form"}),
        ({**GOOD, "count": True}, {"/count": "must be a whole number"}),
        ({**GOOD, "count": 4}, {"/count": "must be at most 3"}),
        ({**GOOD, "tone": "rude"}, {"/tone": "must be one of: warm, dry"}),
        ({**GOOD, "tags": ["a", 1]}, {"/tags/1": "must be text"}),
        ({**GOOD, "text": "a\0"}, {"/text": "holds a NUL or half a surrogate pair"}),
        ({**GOOD, "tags": ["\ud800"]}, {"/tags/0": "holds a NUL or half a surrogate pair"}),
        ({**GOOD, "count": float("inf")}, {"/count": "is no finite number"}),
        ({**GOOD, "a/b~\0": 1}, {"": "has a key that holds a NUL or half a surrogate pair"}),
        ([], {"": "must be an object"}),
        (None, {"": "must be an object"}),
    ],
)
def test_names_each_problem(payload: Any, expected: dict[str, str]) -> None:
    assert problems(payload) == expected


def test_never_repeats_the_value() -> None:
    secret = "hunter2!hunter2!"
    found = problems({"text": secret, "count": secret, "tone": secret, "tags": [secret] * 3})
    assert set(found) == {"/text", "/count", "/tone", "/tags"}
    assert "hunter2" not in "".join(found.values())


def test_answers_a_flood_with_a_few() -> None:
    assert len(problems({f"v{number}": 1 for number in range(1000)})) == MOST_PROBLEMS
    assert len(problems({**GOOD, "tags": ["\0"] * 1000})) == MOST_PROBLEMS


def test_astral_text_is_text() -> None:
    validate_payload(SPEC, {**GOOD, "text": "😀"})
