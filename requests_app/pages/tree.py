"""An answer that is data, as a list of names and values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from requests_app.pages.wording import title_of

LEVELS = 12  # templates recurse; what lies deeper is shown as JSON
Kind = Literal["map", "list", "text", "number", "bool", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value: either ``entries`` or ``text`` says what it holds."""

    kind: Kind
    text: str = ""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    node: Node
    label: str = ""


def in_order(value: Any, schema: Any) -> Any:
    """The value with its names as its schema has them, which PostgreSQL's jsonb forgets; other names follow."""
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list):
        return [in_order(part, schema.get("items")) for part in value]
    if not isinstance(value, Mapping):
        return value
    properties = schema.get("properties", {})
    names = [*(name for name in properties if name in value), *(name for name in value if name not in properties)]
    return {name: in_order(value[name], properties.get(name)) for name in names}


def tree_of(value: Any, *, levels: int = LEVELS) -> Node:
    match value:
        case Mapping() | list() if levels == 0:
            return Node(kind="text", text=json.dumps(value, ensure_ascii=False))
        case Mapping():
            pairs = ((title_of(str(name)), tree_of(part, levels=levels - 1)) for name, part in value.items())
            return Node(kind="map", entries=tuple(Entry(label=label, node=node) for label, node in pairs))
        case list():
            return Node(kind="list", entries=tuple(Entry(node=tree_of(part, levels=levels - 1)) for part in value))
        case None:
            return Node(kind="none", text=_("none"))
        case bool():
            return Node(kind="bool", text=_("yes") if value else _("no"))
        case _:
            return Node(kind="number" if isinstance(value, int | float) else "text", text=str(value))
