"""JSON trees from outside: what of one cannot be stored, and how a place in it is named."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

DEEPEST = 32
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # JSON text can carry these, PostgreSQL cannot
LONGEST_STEP = 64
LARGEST_BITS = 1023  # every such number fits a float: arithmetic with schemas' own numbers overflows beyond

Path = tuple[Any, ...]


def parts(tree: Any) -> Iterator[tuple[Path, Any]]:
    """Every part with its path, in the tree's order, down to what lies too deep.

    A stack, not recursion: whoever sent the tree chose its depth.
    """
    stack: list[tuple[Path, Any]] = [((), tree)]
    while stack:
        path, part = stack.pop()
        yield path, part
        if len(path) < DEEPEST:
            stack.extend(reversed([((*path, step), below) for step, below in _below(part)]))


def flaw(path: Path, part: Any) -> str | None:
    """Why this part cannot be stored, if so; a wrong key is its object's flaw, for no pointer could show it."""
    match part:
        case str() if UNSTORABLE.search(part):
            return "holds a NUL or half a surrogate pair"
        case float() if not math.isfinite(part):
            return "is no finite number"
        case int() if part.bit_length() > LARGEST_BITS:
            return "is too large a number"
        case Mapping() | list() if len(path) == DEEPEST:
            return f"is nested more than {DEEPEST} deep"
        case Mapping() if any(UNSTORABLE.search(key) for key in part):
            return "has a key that holds a NUL or half a surrogate pair"
    return None


def pointer(path: Iterable[object]) -> str:
    """A JSON pointer (RFC 6901) of bounded length that can always be encoded."""
    steps = (UNSTORABLE.sub("\ufffd", str(step))[:LONGEST_STEP] for step in path)
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _below(part: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(part, Mapping):
        return part.items()
    return enumerate(part) if isinstance(part, list) else ()
