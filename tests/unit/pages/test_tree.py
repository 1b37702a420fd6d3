from __future__ import annotations

from typing import Any

from requests_app.pages.tree import LEVELS, Node, tree_of


def test_names_and_kinds() -> None:
    tree = tree_of({"due_date": None, "paid": True, "count": 2, "tags": ["a"]})
    assert [(entry.label, entry.node.kind, entry.node.text) for entry in tree.entries] == [
        ("Due date", "none", "none"),
        ("Paid", "bool", "yes"),
        ("Count", "number", "2"),
        ("Tags", "list", ""),
    ]


def test_what_lies_too_deep_stays_json() -> None:
    value: Any = "deep"
    for _ in range(LEVELS + 1):
        value = [value]
    node: Node = tree_of(value)
    while node.entries:
        node = node.entries[0].node
    assert node.text == '["deep"]'
