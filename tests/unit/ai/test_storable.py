from __future__ import annotations

from typing import Any

import pytest

from ai.storable import DEEPEST, flaw, parts, pointer


def nested(depth: int) -> Any:
    tree: Any = 1
    for _ in range(depth):
        tree = [tree]
    return tree


def flawed(tree: Any) -> list[str]:
    return [pointer(path) for path, part in parts(tree) if flaw(path, part)]


def test_parts_come_in_order() -> None:
    assert [pointer(path) for path, _ in parts({"a": [1, {"b": 2}], "c": 3})] == [
        "",
        "/a",
        "/a/0",
        "/a/1",
        "/a/1/b",
        "/c",
    ]


@pytest.mark.parametrize("tree", ["a", 1, 1.5, None, True, {"a": ["😀"]}, nested(DEEPEST)])
def test_storable(tree: Any) -> None:
    assert flawed(tree) == []


@pytest.mark.parametrize(
    ("tree", "where"),
    [
        ("\0", [""]),
        (["a", "\ud800"], ["/1"]),
        ({"a": {"\0": 1}}, ["/a"]),
        ({"a": float("nan"), "b": float("inf")}, ["/a", "/b"]),
        ([10**400, -(10**400), 10**300], ["/0", "/1"]),
        ([2**1024 - 1, 1 - 2**1024], ["/0", "/1"]),  # no larger than a float's exponent, and yet rounded beyond it
        (nested(DEEPEST + 1), ["/0" * DEEPEST]),
        (nested(100_000), ["/0" * DEEPEST]),
    ],
)
def test_unstorable(tree: Any, where: list[str]) -> None:
    assert flawed(tree) == where


def test_pointer_escapes_and_bounds_each_step() -> None:
    assert pointer(["a", "x/y~z", 0]) == "/a/x~1y~0z/0"
    assert pointer(["b\0\ud800"]) == "/b\ufffd\ufffd"
    assert len(pointer(["x" * 1000])) < 100
