"""JSON as it may be stored and compared: UTF-8, finite numbers, no key twice, no NUL, no lone surrogate."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from ai.errors import MOST_PROBLEMS, Problem
from ai.storable import DEEPEST, flaw, parts, pointer
from requests_app.api.problems import Fault

MOST_VALUES = 20_000  # each is looked at several times, at some microseconds


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
        errors = list(islice(_flaws(body), MOST_PROBLEMS))
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


def _flaws(body: Any) -> Iterator[Problem]:
    for count, (path, part) in enumerate(parts(body)):
        if count == MOST_VALUES:
            yield Problem(pointer="", detail=f"the body holds more than {MOST_VALUES:,} values")
            return
        if detail := flaw(path, part):
            yield Problem(pointer=pointer(path), detail=detail)
        if isinstance(part, _Doubled):
            yield Problem(pointer=pointer((*path, part.again)), detail="comes twice in its object")
