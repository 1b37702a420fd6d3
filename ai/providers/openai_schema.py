"""JSON Schema as OpenAI's strict mode takes it: a part of the language, in which every object says all of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai.types import JSON

KNOWN = {
    *("type", "enum", "const", "anyOf", "$ref", "$defs", "title", "description"),
    *("properties", "required", "additionalProperties", "items", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern", "format"),
}
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


class _Unfit(Exception):
    pass


def strict_form(schema: JSON) -> dict[str, Any] | None:
    """A schema that strict mode takes, and whose every value fits the given one; None where there is none.

    A missing type of an enumeration is put in, and objects are closed. An optional property has no such form: strict
    mode would have the model make it up.
    """
    try:
        return _strict(schema) if schema.get("type") == "object" else None
    except _Unfit:
        return None


def _strict(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or set(schema) - KNOWN:
        raise _Unfit
    form = {key: value for key, value in schema.items() if key not in ("properties", "items", "anyOf", "$defs")}
    for key in ("properties", "$defs"):
        if key in schema:
            form[key] = {name: _strict(part) for name, part in schema[key].items()}
    if "items" in schema:
        form["items"] = _strict(schema["items"])
    if "anyOf" in schema:
        form["anyOf"] = [_strict(part) for part in schema["anyOf"]]
    return _closed(_typed(form))


def _typed(form: dict[str, Any]) -> dict[str, Any]:
    if form.keys() & {"type", "anyOf", "$ref"}:
        return form
    values = form.get("enum", [form["const"]] if "const" in form else [])
    kinds = {TYPES.get(type(value)) for value in values}
    if len(kinds) != 1 or None in kinds:
        raise _Unfit
    return {"type": kinds.pop(), **form}


def _closed(form: dict[str, Any]) -> dict[str, Any]:
    if form.get("type") != "object":
        return form
    properties = form.get("properties", {})
    if form.get("additionalProperties", False) is not False or set(form.get("required", ())) != set(properties):
        raise _Unfit
    return {**form, "properties": properties, "required": list(properties), "additionalProperties": False}
