"""Which route answers: as a table, and against a reference that knows nothing of cascades but their order."""

from __future__ import annotations

from collections import Counter
from itertools import product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from ai.routing.snapshot import PRIORITIES, Catalogue, Route, Scope, in_order

ACTIONS = ("greet", "default")
LEVELS = (None, 2, 5)
ALL = [(action, level, priority) for action, level, priority in product(ACTIONS, LEVELS, (None, *PRIORITIES))]


def catalogue(*scopes: Scope) -> Catalogue:
    """Each route is answered by a model of its own."""
    routes = {scope: Route(scope=scope, tiers=({str(scope): 1},)) for scope in scopes}
    return Catalogue(providers={}, models={}, routes=routes, levels={}, sizes=())


def found(scopes: list[Scope], level: int | None, priority: str | None, *actions: str) -> Scope | None:
    route = catalogue(*scopes).route(actions, level=level, priority=priority)
    return route.scope if route else None


ANY: Scope = ("greet", None, None)
LEVEL: Scope = ("greet", 2, None)
PRIORITY: Scope = ("greet", None, "fast")
EXACT: Scope = ("greet", 2, "fast")
OTHERS: Scope = ("default", 2, "fast")


@pytest.mark.parametrize(
    ("scopes", "level", "priority", "wanted"),
    [
        ([ANY, LEVEL, PRIORITY, EXACT], 2, "fast", EXACT),
        ([ANY, LEVEL, PRIORITY], 2, "fast", LEVEL),
        ([ANY, PRIORITY], 2, "fast", PRIORITY),
        ([ANY], 2, "fast", ANY),
        ([ANY, LEVEL, PRIORITY, EXACT], 3, "fast", PRIORITY),
        ([ANY, LEVEL, PRIORITY, EXACT], 2, "quality", LEVEL),
        ([ANY, LEVEL, PRIORITY, EXACT], 3, "quality", ANY),
        ([ANY, LEVEL, PRIORITY, EXACT], None, "fast", PRIORITY),
        ([ANY, OTHERS], 2, "fast", ANY),  # the action goes before the scope
        ([LEVEL, OTHERS], 3, "fast", None),
        ([OTHERS], 2, "fast", OTHERS),
        ([], 2, "fast", None),
    ],
)
def test_cascade(scopes: list[Scope], level: int | None, priority: str, wanted: Scope | None) -> None:
    assert found(scopes, level, priority, "greet") == wanted


def test_a_prompts_own_route_goes_before_its_actions() -> None:
    own: Scope = ("summary", None, None)
    assert found([ANY, own], 2, "fast", "summary", "greet") == own
    assert found([ANY], 2, "fast", "summary", "greet") == ANY


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine's load is no fault
@given(st.lists(st.sampled_from(ALL), unique=True), st.sampled_from(LEVELS), st.sampled_from((None, *PRIORITIES)))
def test_cascade_is_the_reference(scopes: list[Scope], level: int | None, priority: str | None) -> None:
    fits = [scope for scope in scopes if scope[1] in (None, level) and scope[2] in (None, priority)]
    best = sorted(fits, key=lambda scope: (scope[0] != "greet", scope[1] is None, scope[2] is None))
    assert found(scopes, level, priority, "greet") == (best[0] if best else None)


SHARED = ({"heavy": 3, "light": 1, "spare": 0}, {"last": 1, "heavy": 1})


def test_order_is_the_seeds() -> None:
    for _each in range(50):
        seed = uuid7()
        assert in_order(SHARED, seed) == in_order(SHARED, seed)
        assert sorted(in_order(SHARED, seed)) == ["heavy", "last", "light", "spare"]
        assert in_order(SHARED, seed)[2:] == ["spare", "last"]


def test_weights_share_the_traffic() -> None:
    drawn = Counter(in_order(SHARED, UUID(int=number))[0] for number in range(4000))
    assert set(drawn) == {"heavy", "light"}
    assert 2850 < drawn["heavy"] < 3150  # 3000, five standard deviations either way


def test_without_a_seed_the_heaviest_leads() -> None:
    assert in_order(SHARED, None) == ["heavy", "light", "spare", "last"]
