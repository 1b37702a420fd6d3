from __future__ import annotations

import pytest

from config.request_id import usable_id


@pytest.mark.parametrize("offered", ["0190b7c4-9c5e-7000-8000-000000000000", "a" * 64, "edge.7f_3-x"])
def test_ids_of_proxies_are_taken(offered: str) -> None:
    assert usable_id(offered) == offered


@pytest.mark.parametrize(
    "offered", ["", "short", "a" * 65, "has space in it", "line\nbreak-in-it", "kühl-und-klar", "a;b=c,d/e"]
)
def test_others_are_replaced(offered: str) -> None:
    assert usable_id(offered) != offered
    assert len(usable_id(offered)) == 32
