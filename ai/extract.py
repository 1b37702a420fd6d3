"""The value that an answer's text holds: JSON alone, fenced or within prose; else mended; fitting the schema always.

Mended is only what looks like a whole value of its own: it begins a line and ends one. The library finds some value in
any text, so a mended one must be of the kind that its first bracket promises, and not empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn, SupportsIndex

from json_repair.json_parser import JSONParser

from ai.schemas import validator
from ai.storable import flaw, parts, pointer
from ai.types import JSON

LONGEST = 1_000_000
MOST_PLACES = 50
LONGEST_MENDED = 20_000
# The library is quadratic on some texts, in steps and within them. The longest text takes 100,000 steps where all goes
# well; with these bounds the worst of our hostile texts took one second.
MOST_STEPS = 300_000
LEAST_KEPT = 0.3  # of the letters: comments may go, not the most of the text
MOST_FLAWS = 5
LONGEST_FLAW = 300

FENCE = "```"
OPENING = re.compile(r"[\[{]")
# An unclosed string reaches to the end, and nothing is given back: no character is looked at twice.
TOKEN = re.compile(r'"(?:[^"\\]|\\.?)*+"?|[\[\]{}]', re.DOTALL)
DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}
LINE_OPENS = re.compile(rf"^[ \t]*+(?:{FENCE}\w*+[ \t]*+)?([\[{{])", re.MULTILINE)
LINE_CLOSES = re.compile(rf"([\]}}])[ \t]*+(?:{FENCE}[ \t]*+)?$", re.MULTILINE)
CLOSED_BY = {"{": "}", "[": "]"}
KINDS: dict[str, type] = {"{": dict, "[": list}
GOES_ON = (",", ":", '"', "'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """``repaired``: the text held no JSON, and a library mended it."""

    value: Any
    repaired: bool = False


class Unfit(ValueError):
    """The text holds no value that fits. The message is for the model that wrote it: bounded, it may quote the text."""


def extract(text: str, schema: JSON) -> Extracted:
    """Takes time in proportion to the text's length, whatever it holds. Raises Unfit."""
    if len(text) > LONGEST:
        raise Unfit(f"The answer is longer than {LONGEST:,} characters.")
    try:
        found, broken = [_parsed(_bare(text))], ""
    except ValueError as error:
        found, broken = list(_embedded(text)), f"The answer is not JSON: {error}"[:LONGEST_FLAW]
    flaws = [list(islice(_flaws(value, schema), MOST_FLAWS)) for value in found]
    if fitting := [value for value, wrong in zip(found, flaws, strict=True) if not wrong]:
        return Extracted(value=_only(fitting))
    for value in _mended(text) if broken else ():
        if next(_flaws(value, schema), None) is None:
            return Extracted(value=value, repaired=True)
    raise Unfit("\n".join(flaws[0] if flaws else [broken]))


def _parsed(text: str) -> Any:
    """Raises ValueError, also for what JSON does not know but Python does."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


def _bare(text: str) -> str:
    """The text without the one code fence that may stand around it."""
    text = text.strip()
    inner = text.removeprefix(FENCE).removesuffix(FENCE)
    if len(inner) != len(text) - 2 * len(FENCE):
        return text
    language, newline, rest = inner.partition("\n")
    return rest if newline and (not language.strip() or language.strip().isalnum()) else inner


def _embedded(text: str) -> Iterator[Any]:
    """The JSON values among the first outermost pairs of brackets."""
    for part in islice(_bracketed(text), MOST_PLACES):
        try:
            yield _parsed(part)
        except ValueError:
            continue


def _bracketed(text: str) -> Iterator[str]:
    """Behind a bracket that is never closed nothing follows: it would be a part of something, no whole."""
    end: int | None = 0
    while end is not None and (opening := OPENING.search(text, end)):
        end = _end_of_pair(text, opening.start())
        if end is not None:
            yield text[opening.start() : end]


def _end_of_pair(text: str, start: int) -> int | None:
    depth = 0
    for token in TOKEN.finditer(text, start):
        depth += DEPTH.get(token.group(), 0)
        if depth == 0:
            return token.end()
    return None


def _only(values: list[Any]) -> Any:
    """A model that gives two different answers has not answered."""
    if any(value != values[0] for value in values):
        raise Unfit(f"The answer holds {len(values)} different values; one is wanted.")
    return values[0]


def _mended(text: str) -> Iterator[Any]:
    """None or one. What breaks off before its last bracket may have been cut, and is not mended."""
    block = _block(text)
    if block is None or len(block) > LONGEST_MENDED:
        return
    parser = JSONParser(_Metered(block, [MOST_STEPS]), None, logging=False)
    try:
        value = parser.parse_json()
    except Exception:  # whatever the library stumbles over, its own assertions too: the text is not mended
        return
    whole = not block[parser.index :].strip("]} \t\r\n")  # else the library would make a list of several values
    if not whole or not value or not isinstance(value, KINDS[block[0]]):
        return
    if _weight(json.dumps(value, ensure_ascii=False)) >= LEAST_KEPT * _weight(block):
        yield value


def _weight(text: str) -> int:
    """How many letters and digits it holds."""
    return sum(map(str.isalnum, text))


def _block(text: str) -> str | None:
    """From the first bracket that begins a line to the last of its kind that ends one."""
    opens = LINE_OPENS.search(text)
    if opens is None:
        return None
    start, wanted = opens.start(1), CLOSED_BY[opens.group(1)]
    ends = [closes.end(1) for closes in LINE_CLOSES.finditer(text, start) if closes.group(1) == wanted]
    if not ends or text[ends[-1] :].lstrip().startswith(GOES_ON):
        return None
    return text[start : ends[-1]]


class _Metered(str):
    """Text that can be looked at so many times; the library asks for one character after another."""

    def __new__(cls, text: str, _left: list[int]) -> _Metered:
        return super().__new__(cls, text)

    def __init__(self, _text: str, left: list[int]) -> None:
        self._left = left

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        self._left[0] -= 1
        if self._left[0] < 0:
            raise ValueError("the text takes too long to mend")
        part = super().__getitem__(key)
        return _Metered(part, self._left) if isinstance(key, slice) else part

    def __add__(self, other: str) -> str:
        return _Metered(super().__add__(other), self._left)


def _flaws(value: Any, schema: JSON) -> Iterator[str]:
    """Why it does not fit. What cannot be stored fits no schema, and is not held against one: it may be too deep."""
    storable = True
    for path, part in parts(value):
        if reason := flaw(path, part):
            storable = False
            yield _told(path, reason)
    if storable:
        for error in validator(schema).iter_errors(value):
            yield _told(error.absolute_path, error.message)


def _told(path: Any, reason: str) -> str:
    return f"{pointer(path) or 'The value'}: {reason}"[:LONGEST_FLAW]
