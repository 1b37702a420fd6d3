"""Checking a payload against a prompt's variables, in words that never repeat what the caller sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, cast

from jsonschema.exceptions import ValidationError

from ai.errors import VariableProblem, VariablesInvalid
from ai.prompts.spec import PromptSpec
from ai.prompts.yaml_source import UNSAFE_TEXT

MAX_PROBLEMS = 50
_MAX_TOKEN = 64

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
    """Raises VariablesInvalid with at most fifty problems, each under the JSON pointer of its value."""
    problems = tuple(islice(_problems(spec, payload), MAX_PROBLEMS))
    if problems:
        raise VariablesInvalid(problems)


def _problems(spec: PromptSpec, payload: object) -> Iterator[VariableProblem]:
    if not isinstance(payload, Mapping):
        yield VariableProblem(pointer="", detail="must be an object")
        return
    unstorable = list(islice(_unstorable(payload), MAX_PROBLEMS))
    if unstorable:
        yield from unstorable
        return
    seen: set[VariableProblem] = set()
    for error in spec.validator.iter_errors(payload):
        for problem in _explain(error):
            if problem not in seen:
                seen.add(problem)
                yield problem


def _unstorable(payload: Mapping[str, Any]) -> Iterator[VariableProblem]:
    """What JSON text can carry and PostgreSQL cannot. A stack, not recursion: the caller chooses the depth."""
    stack: list[tuple[tuple[Any, ...], Any]] = [((), payload)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str) and UNSAFE_TEXT.search(value):
            yield VariableProblem(pointer=_pointer(path), detail="holds a NUL or half a surrogate pair")
        elif isinstance(value, float) and not math.isfinite(value):
            yield VariableProblem(pointer=_pointer(path), detail="is no finite number")
        elif isinstance(value, Mapping):
            for key in value:
                if UNSAFE_TEXT.search(key):
                    yield VariableProblem(pointer=_pointer((*path, key)), detail="its name holds a NUL or half a pair")
            stack.extend(((*path, key), part) for key, part in reversed(list(value.items())))
        elif isinstance(value, list):
            stack.extend(((*path, position), part) for position, part in reversed(list(enumerate(value))))


def _pointer(path: tuple[Any, ...]) -> str:
    """RFC 6901, of bounded length and always encodable."""
    tokens = (UNSAFE_TEXT.sub("\ufffd", str(step))[:_MAX_TOKEN] for step in path)
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


def _explain(error: ValidationError) -> Iterator[VariableProblem]:
    path = tuple(error.absolute_path)
    keyword, limit, instance = str(error.validator), cast(Any, error.validator_value), cast(Any, error.instance)
    if keyword == "required":
        missing = [name for name in limit if name not in instance]
        yield from (VariableProblem(pointer=_pointer((*path, name)), detail="is missing") for name in missing)
    elif keyword == "additionalProperties" and not path:
        known = error.schema["properties"] if isinstance(error.schema, Mapping) else {}
        unknown = (_pointer((name,)) for name in instance if name not in known)
        yield from (VariableProblem(pointer=pointer, detail="is no variable of this prompt") for pointer in unknown)
    else:
        yield VariableProblem(pointer=_pointer(path), detail=_sentence(keyword, limit))


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
