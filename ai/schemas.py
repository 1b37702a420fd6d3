"""JSON Schemas, compiled once."""

from __future__ import annotations

import json
from functools import lru_cache

from jsonschema import Draft202012Validator
from referencing import Registry

from ai.types import JSON


def validator(schema: JSON) -> Draft202012Validator:
    return _compiled(json.dumps(schema))


@lru_cache(maxsize=512)
def _compiled(schema: str) -> Draft202012Validator:
    """The empty registry keeps a ``$ref`` from fetching anything over the network."""
    return Draft202012Validator(json.loads(schema), registry=Registry())
