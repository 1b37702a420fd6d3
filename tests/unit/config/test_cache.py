from __future__ import annotations

from typing import Any

import pytest

from config.cache import JsonSerializer


@pytest.mark.parametrize("value", [None, 5, 0.25, "naïve", [1.5, -2.0], {"a": [True]}])
def test_what_is_json_comes_back(value: Any) -> None:
    assert JsonSerializer().loads(JsonSerializer().dumps(value)) == value


def test_what_is_none_is_as_if_it_had_never_been_kept() -> None:
    assert JsonSerializer().loads(JsonSerializer().dumps({"found": object()})) is None
