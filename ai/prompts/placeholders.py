"""``$name`` in prompt text, stricter than ``string.Template``.

``$name`` and ``${name}`` stand for a variable, ``$$`` for one dollar; any other dollar is a mistake. Values are put in
by a single pass and are never looked at again, so ``$5`` in a value stays ``$5``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_DOLLAR = re.compile(r"\$(?:(?P<literal>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """One variable in a text; ``name`` is None where a dollar stands for nothing. ``offset`` counts code points."""

    name: str | None
    offset: int


def placeholders(text: str) -> Iterator[Placeholder]:
    for match in _DOLLAR.finditer(text):
        if not match["literal"]:
            yield Placeholder(name=match["plain"] or match["braced"], offset=match.start())


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Raises KeyError for a name without a value, ValueError for a dollar that stands for nothing."""
    return _DOLLAR.sub(lambda match: _replacement(match, values), text)


def _replacement(match: re.Match[str], values: Mapping[str, str]) -> str:
    if match["literal"]:
        return "$"
    name = match["plain"] or match["braced"]
    if name is None:
        raise ValueError("a dollar that is neither $$ nor $name")
    return values[name]
