"""JSON as it may be stored and compared: UTF-8, finite numbers, no key twice, no NUL, no lone surrogate."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from requests_app.api.problems import MOST_ERRORS, Fault, pointer
from requests_app.errors import Problem

DEEPEST = 32
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(JSONParser):
    """Refuses what PostgreSQL cannot store or two readers may understand differently, naming the place.

    It is a JSONParser because DRF then hands it a body whose size Django has bounded, not the open stream.
    """

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = _loads(stream.read())
        errors = [error for error, _ in zip(_flaws(body, "", 0), range(MOST_ERRORS), strict=False)]
        if errors:
            raise Fault("invalid", "The body cannot be stored.", errors=errors)
        return body


class _Doubled(dict[str, Any]):
    """An object in which a key came twice; ``again`` names it."""

    again: str = ""


def _loads(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode("utf-8"), parse_constant=_constant, parse_float=_finite, object_pairs_hook=_once_each
        )
    except json.JSONDecodeError as wrong:
        raise ParseError(f"{wrong.msg}, at line {wrong.lineno} column {wrong.colno}.") from None
    except UnicodeDecodeError:
        raise ParseError("JSON is sent in UTF-8; this is not.") from None
    except RecursionError:
        raise ParseError(f"Objects and lists may be nested {DEEPEST} deep.") from None
    except ValueError as wrong:
        raise ParseError(str(wrong)) from None


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("A number is too large.")
    return number


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = _Doubled(found)
    doubled.again = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return doubled


def _flaws(value: Any, where: str, depth: int) -> Iterator[Problem]:
    if isinstance(value, str):
        if found := UNSTORABLE.search(value):
            yield Problem(pointer=where, detail=_unstorable(found[0]))
    elif isinstance(value, dict | list):
        if depth == DEEPEST:
            yield Problem(pointer=where, detail=f"is nested more than {DEEPEST} deep")
        elif isinstance(value, dict):
            yield from _flaws_of_object(value, where, depth)
        else:
            for index, item in enumerate(value):
                yield from _flaws(item, pointer(where, index), depth + 1)


def _flaws_of_object(value: dict[str, Any], where: str, depth: int) -> Iterator[Problem]:
    for key, item in value.items():
        if found := UNSTORABLE.search(key):  # such a key cannot be shown in a pointer either
            yield Problem(pointer=where, detail=f"has a key that {_unstorable(found[0])}")
        else:
            yield from _flaws(item, pointer(where, key), depth + 1)
    if isinstance(value, _Doubled) and not UNSTORABLE.search(value.again):
        yield Problem(pointer=pointer(where, value.again), detail="comes twice in its object")


def _unstorable(character: str) -> str:
    if character == "\x00":
        return "holds the character U+0000, which cannot be stored"
    return "holds half of a surrogate pair, which is no character"
