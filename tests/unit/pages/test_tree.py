from __future__ import annotations

from typing import Any

from requests_app.pages.tree import LEVELS, Node, in_order, tree_of


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


def test_names_stand_in_the_order_of_the_schema() -> None:
    inner = {"type": "object", "properties": {"b": {}, "a": {}}}
    schema = {"properties": {"z": inner, "rows": {"items": inner}, "absent": {}}}
    value = {"more": 1, "rows": [{"a": 1, "b": 2}, 3], "z": {"a": 1, "b": 2}}
    ordered = in_order(value, schema)
    assert ordered == value
    assert list(ordered) == ["z", "rows", "more"]
    assert list(ordered["z"]) == list(ordered["rows"][0]) == ["b", "a"]


def test_schema_that_orders_nothing_changes_nothing() -> None:
    for schema in (True, {}, {"$ref": "#/$defs/x"}):
        assert list(in_order({"b": 1, "a": [2]}, schema)) == ["b", "a"]
