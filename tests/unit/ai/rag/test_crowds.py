from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from ai.rag import crowds
from ai.rag.crowds import MOST, SECONDS, known
from ai.rag.store import Viewer


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(crowds, "time", clock)
    return clock


def test_answer_is_kept_for_a_while(clock: Clock) -> None:
    question = (1, 10, Viewer(subject=uuid7()))
    assert known(question, lambda: True)
    clock.now += SECONDS - 1
    assert known(question, lambda: False)
    clock.now += 1
    assert not known(question, lambda: False)


def test_each_question_has_its_own(clock: Clock) -> None:
    viewer = Viewer(subject=uuid7())
    assert known((1, 10, viewer), lambda: True)
    for other in ((2, 10, viewer), (1, 11, viewer), (1, 10, replace(viewer, scopes=(UUID(int=1),)))):
        assert not known(other, lambda: False)


def test_no_more_viewers_are_kept_than_fit(clock: Clock) -> None:
    for number in range(MOST + 1):
        known((1, 10, Viewer(subject=UUID(int=number))), lambda: True)
    assert len(crowds._known) <= MOST
