from __future__ import annotations

from typing import Any

import pytest

from ai.schemas import validator

SET = {"type": "array", "uniqueItems": True}


@pytest.mark.parametrize(
    "items",
    [[1, True], [0, False], ["1", 1], [{"a": 1}, {"a": True}], [[], {}], [None, "null"], [1.5, 1], [[1, 2], [2, 1]]],
)
def test_items_of_other_kinds_or_contents_do_not_repeat(items: list[Any]) -> None:
    assert validator(SET).is_valid(items)


@pytest.mark.parametrize("items", [[1, 1.0], [{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], [[1], [1]], ["a", "b", "a"]])
def test_equal_items_repeat_however_they_are_written(items: list[Any]) -> None:
    assert not validator(SET).is_valid(items)


def test_a_list_may_repeat_where_the_schema_lets_it() -> None:
    assert validator({"uniqueItems": False}).is_valid([1, 1])
    assert validator(SET | {"type": ["array", "string"]}).is_valid("aa")


@pytest.mark.timeout(20)
def test_a_long_list_of_objects_is_checked_by_its_length_not_by_its_pairs() -> None:
    assert validator(SET).is_valid([{"id": number} for number in range(50_000)])
