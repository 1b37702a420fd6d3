"""JSON out of an answer's text."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from ai.schemas import validator
from ai.types import JSON

FENCED = re.compile(r"\A\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


def extract_json(text: str) -> Any:
    """The value of a text that is JSON, within a code fence or without. Raises ValueError."""
    fenced = FENCED.match(text)
    return json.loads(fenced.group(1) if fenced else text, parse_constant=_refuse)


def fits(text: str, schema: JSON) -> bool:
    try:
        value = extract_json(text)
    except (ValueError, RecursionError):
        return False
    return validator(schema).is_valid(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
