"""JSON Schemas, compiled once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from ai.types import JSON


def validator(schema: JSON) -> Draft202012Validator:
    return _compiled(json.dumps(schema))


@lru_cache(maxsize=512)
def _compiled(schema: str) -> Draft202012Validator:
    """The empty registry keeps a ``$ref`` from fetching anything over the network."""
    return _Validator(json.loads(schema), registry=Registry())


def _unique_items(_validator: Any, wanted: bool, value: Any, _schema: JSON) -> Iterator[ValidationError]:
    """The library compares each item with each other: minutes for a list that a stranger may send or a model write."""
    if wanted and isinstance(value, list) and len({_key(item) for item in value}) < len(value):
        yield ValidationError(f"{value!r} has non-unique elements")


def _key(item: Any) -> str:
    """One for equal values. Text, because its hashes, unlike those of numbers, cannot be made to collide."""
    return json.dumps(_plain(item), sort_keys=True)


def _plain(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _plain(part) for name, part in value.items()}
        case list():
            return [_plain(part) for part in value]
    return value


_Validator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]  # the library is untyped
    Draft202012Validator, {"uniqueItems": _unique_items}
)
