"""Checking a payload against a prompt's variables, in words that never repeat what the caller sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, cast

from jsonschema.exceptions import ValidationError

from ai.errors import MOST_PROBLEMS, Problem, VariablesInvalid
from ai.prompts.spec import PromptSpec
from ai.storable import flaw, parts, pointer

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def validate_payload(spec: PromptSpec, payload: object) -> None:
    """Raises VariablesInvalid with at most MOST_PROBLEMS, each under the JSON pointer of its value."""
    problems = tuple(islice(_problems(spec, payload), MOST_PROBLEMS))
    if problems:
        raise VariablesInvalid(problems)


def _problems(spec: PromptSpec, payload: object) -> Iterator[Problem]:
    if not isinstance(payload, Mapping):
        yield Problem(pointer="", detail="must be an object")
        return
    found = ((path, flaw(path, part)) for path, part in parts(payload))
    flaws = (Problem(pointer=pointer(path), detail=detail) for path, detail in found if detail)
    unstorable = list(islice(flaws, MOST_PROBLEMS))
    if unstorable:
        yield from unstorable
        return
    seen: set[Problem] = set()
    for error in spec.validator.iter_errors(payload):
        for problem in _explain(error):
            if problem not in seen:
                seen.add(problem)
                yield problem


def _explain(error: ValidationError) -> Iterator[Problem]:
    path = tuple(error.absolute_path)
    keyword, limit, instance = str(error.validator), cast(Any, error.validator_value), cast(Any, error.instance)
    if keyword == "required":
        missing = [name for name in limit if name not in instance]
        yield from (Problem(pointer=pointer((*path, name)), detail="is missing") for name in missing)
    elif keyword == "additionalProperties" and not path:
        known = error.schema["properties"] if isinstance(error.schema, Mapping) else {}
        unknown = [name for name in instance if name not in known]
        yield from (Problem(pointer=pointer([name]), detail="is no variable of this prompt") for name in unknown)
    else:
        yield Problem(pointer=pointer(path), detail=_sentence(keyword, limit))


def _sentence(keyword: str, limit: Any) -> str:
    return _SENTENCES[keyword](limit) if keyword in _SENTENCES else f"does not satisfy {keyword}"


def _type_sentence(expected: str | list[str]) -> str:
    names = [expected] if isinstance(expected, str) else expected
    return "must be " + " or ".join(_TYPES[name] for name in names)


# Each speaks of the prompt's own limits only.
_SENTENCES: dict[str, Callable[[Any], str]] = {
    "type": _type_sentence,
    "enum": lambda choices: "must be one of: " + ", ".join(str(choice) for choice in choices),
    "const": lambda value: f"must be {value}",
    "minLength": lambda limit: "must not be empty" if limit == 1 else f"must have at least {limit} characters",
    "maxLength": lambda limit: f"must have at most {limit} characters",
    "minimum": lambda limit: f"must be at least {limit}",
    "maximum": lambda limit: f"must be at most {limit}",
    "exclusiveMinimum": lambda limit: f"must be more than {limit}",
    "exclusiveMaximum": lambda limit: f"must be less than {limit}",
    "multipleOf": lambda limit: f"must be a multiple of {limit}",
    "minItems": lambda limit: f"must have at least {limit} items",
    "maxItems": lambda limit: f"must have at most {limit} items",
    "uniqueItems": lambda _: "must not repeat an item",
    "pattern": lambda _: "does not have the expected form",
}
