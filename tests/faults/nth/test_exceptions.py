"""One request's life with its n-th outside call broken, for every n: it ends once, whole, and is paid once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from ai.providers.fake import FakeProvider
from requests_app.testing import InlineWorker
from tests.faults.nth.conftest import SIDES
from tests.faults.nth.life import (
    Submitting,
    all_of,
    hints_are_sent,
    new_mark,
    strikes_in_some,
    violations,
    windows_violated,
    work_off,
)
from tests.faults.nth.outside import Effect, Fault, Kind, Side, outside, plant

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def calls_are_counted() -> Iterator[None]:
    take_back = plant()
    yield
    take_back()


class Lives:
    """Request after request, each with a fault of its own."""

    def __init__(self, fake: FakeProvider, worker: InlineWorker, token: str) -> None:
        self._fake, self._worker, self._token = fake, worker, token

    def live(self, side: Side, fault: Fault | None = None) -> bool:
        """Whether the fault struck; the life was whole, or this raises."""
        submitting = Submitting(token=self._token, mark=new_mark())
        with outside.watched(side, fault) as calls:
            submitting.once()
            hints_are_sent()
            request = submitting.until_accepted() if side == "worker" else None
            if request:
                work_off(self._worker, request)
        if request is None:
            request = submitting.until_accepted()
            work_off(self._worker, request)
        found = violations(self._fake, request, submitting.mark)
        assert not found, (side, fault, found)
        return calls.struck

    def break_(self, side: Side, kind: Kind, effect: Effect, number: int) -> bool:
        return self.live(side, Fault(kind=kind, number=number, effect=effect))

    def count(self, side: Side, kind: Kind) -> int:
        self.live(side)
        return outside.counts[kind]


@pytest.fixture
def lives(fake: FakeProvider, worker: InlineWorker, token: str) -> Lives:
    lives = Lives(fake, worker, token)
    lives.live("worker")  # what is made once a process is made by now
    return lives


@pytest.mark.parametrize("effect", ["before", "after"])
@pytest.mark.parametrize(("side", "kind"), SIDES)
def test_broken_call(lives: Lives, side: Side, kind: Kind, effect: Effect) -> None:
    without = lives.count(side, kind)
    number = all_of(partial(lives.break_, side, kind, effect))
    assert number > 0
    assert not windows_violated()
    print(f"{side}, {kind}, {effect}: each of {number} calls, {without} without")  # noqa: T201


@pytest.mark.parametrize(("side", "kind"), SIDES)
def test_hanging_call(lives: Lives, side: Side, kind: Kind) -> None:
    """The first, and one in the middle."""
    for number in {1, (lives.count(side, kind) + 1) // 2}:
        assert strikes_in_some(partial(lives.break_, side, kind, "hang", number))
