"""Answers made from the request alone: the same request is answered alike in every process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from random import Random
from typing import Any

WORDS = (
    *("the", "ticket", "asks", "about", "billing", "and", "a", "reply", "is", "due", "today", "because", "it", "was"),
    *("naïve", "café", "Größe", "данные", "日本語", "e\u0301tude", "👍", "🦊", "👩‍👩‍👧‍👦", "🇨🇭", "🄰🄱", "𠜎"),
)


def answer(prompt: str, schema: Mapping[str, Any] | None, *, words: int = 40) -> str:
    """Words with characters of every width; where a schema is asked for, JSON that fits it."""
    seed = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()
    chance = Random(seed)  # noqa: S311  # a reproducible text, no secret
    if schema is not None:
        return json.dumps(instance(schema, chance), ensure_ascii=False)
    return " ".join(chance.choices(WORDS, k=words)) + "."


def instance(schema: Mapping[str, Any], chance: Random) -> Any:
    """A small value that fits the plain part of JSON Schema that prompts use."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(list(schema["enum"]))
    kind = schema.get("type", "object")
    match kind if isinstance(kind, str) else kind[0]:
        case "object":
            return {name: instance(part, chance) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [instance(schema.get("items", {}), chance) for _ in range(schema.get("minItems", 1))]
        case "string":
            return " ".join(chance.choices(WORDS, k=3))[: schema.get("maxLength")]
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return schema.get("minimum", 0)
