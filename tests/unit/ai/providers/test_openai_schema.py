from __future__ import annotations

from typing import Any

import pytest

from ai.providers.openai_schema import strict_form


def an_object(part: Any, **changes: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": part}, "required": ["a"], "additionalProperties": False, **changes}


def test_closed_object_is_taken_as_it_is() -> None:
    schema = an_object({"type": "array", "items": {"type": "integer", "minimum": 0}})
    assert strict_form(schema) == schema


def test_missing_types_of_enumerations_are_put_in() -> None:
    assert strict_form(an_object({"enum": ["low", "high"]})) == an_object({"type": "string", "enum": ["low", "high"]})
    assert strict_form(an_object({"const": 3})) == an_object({"type": "integer", "const": 3})


def test_open_objects_are_closed() -> None:
    inner = an_object({"type": "null"})
    schema = an_object({"type": "object", "properties": inner["properties"], "required": ["a"]})
    assert strict_form(schema) == an_object(inner)


@pytest.mark.parametrize(
    "schema",
    [
        an_object({"type": "string"}, required=[]),
        an_object({"type": "string"}, additionalProperties=True),
        an_object({"type": "string", "minLength": 1}),
        an_object({"enum": ["low", 3]}),
        an_object({}),
        an_object(True),
        {"anyOf": [an_object({"type": "string"})]},
        {"type": "array", "items": {"type": "string"}},
    ],
)
def test_what_strict_mode_does_not_know_stays_a_hint(schema: dict[str, Any]) -> None:
    assert strict_form(schema) is None
