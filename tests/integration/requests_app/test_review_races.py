"""Of two who reach for one answer at the same moment one has their way, and one step is recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from ai.prompts.registry import get_prompt
from requests_app import review
from requests_app.errors import NotReviewable
from requests_app.models import AIRequest, AIReviewQueue, ReviewAction, ReviewVerdict, Status
from requests_app.models.clock import DatabaseClock, seconds_from_now

pytestmark = pytest.mark.usefixtures("committed")

ROUNDS = 100
Step = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Contest:
    """``before`` sets the scene, then both begin at once."""

    before: Step
    one: Step
    other: Step


def waiting(asker: User, count: int) -> list[AIReviewQueue]:
    template = get_prompt("medical_summary")
    now = timezone.now()
    requests = AIRequest.objects.bulk_create(
        AIRequest(
            user=asker, team=asker.personal_team, template=template, prompt_key=template.key, payload={}, route=[],
            input_estimate=1, deadline=now + timedelta(hours=1), status=Status.REVIEW, gated=True, attempt=1,
        )
        for _each in range(count)
    )  # fmt: skip
    return AIReviewQueue.objects.bulk_create(
        AIReviewQueue(request=request, kind="gate", reasons=[], priority=50, due=now, text="The quay.")
        for request in requests
    )


def put(item: AIReviewQueue, **fields: object) -> Step:
    return lambda: AIReviewQueue.objects.filter(pk=item.pk).update(**fields)


def taken(item: AIReviewQueue, by: User, seconds: float = 60) -> Step:
    return put(item, claimed_by=by, claimed_until=seconds_from_now(seconds))


def approved(item: AIReviewQueue, by: User, seconds: float) -> Step:
    """By somebody who can take it back for so long."""
    moments = {"decided_at": DatabaseClock(), "effective_at": seconds_from_now(seconds)}
    return put(item, verdict=ReviewVerdict.APPROVED, decided_by=by, **moments)


def take_and_take(item: AIReviewQueue, bob: User, carol: User) -> Contest:
    return Contest(lambda: None, lambda: review.take(bob, item.pk), lambda: review.take(carol, item.pk))


def take_after_expiry(item: AIReviewQueue, bob: User, carol: User) -> Contest:
    """bob had it, and goes on; carol may have it now."""
    expired = taken(item, bob, seconds=-1)
    return Contest(expired, lambda: review.approve(bob, item.pk), lambda: review.take(carol, item.pk))


def both_take_after_expiry(item: AIReviewQueue, bob: User, carol: User) -> Contest:
    expired = taken(item, User.objects.get(username="dave"), seconds=-1)
    return Contest(expired, lambda: review.take(bob, item.pk), lambda: review.take(carol, item.pk))


def approve_and_approve(item: AIReviewQueue, bob: User, _carol: User) -> Contest:
    return Contest(taken(item, bob), lambda: review.approve(bob, item.pk), lambda: review.approve(bob, item.pk))


def approve_and_reject(item: AIReviewQueue, bob: User, _carol: User) -> Contest:
    reject = lambda: review.reject(bob, item.pk, note="no")  # noqa: E731 - as its neighbours
    return Contest(taken(item, bob), lambda: review.approve(bob, item.pk), reject)


def deliver_twice(item: AIReviewQueue, bob: User, _carol: User) -> Contest:
    return Contest(approved(item, bob, seconds=-1), review.deliver, review.deliver)


def deliver_and_withdraw(item: AIReviewQueue, bob: User, _carol: User) -> Contest:
    return Contest(approved(item, bob, seconds=-1), review.deliver, lambda: review.withdraw(item.request_id))


def deliver_and_undo(item: AIReviewQueue, bob: User, _carol: User) -> Contest:
    """At the very moment until when it could be taken back."""

    def deliver() -> bool:
        while AIReviewQueue.objects.filter(pk=item.pk, closed=None).exclude(verdict="").exists():
            if review.deliver():
                return True
        return False

    return Contest(approved(item, bob, seconds=0.004), deliver, lambda: review.undo(bob, item.pk))


RACES = [
    take_and_take, both_take_after_expiry, take_after_expiry, approve_and_approve, approve_and_reject,
    deliver_twice, deliver_and_withdraw, deliver_and_undo,
]  # fmt: skip


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_of_two_who_race_one_wins(race: Callable[[AIReviewQueue, User, User], Contest]) -> None:
    alice, bob, carol, _dave = (User.objects.create_user(name) for name in ("alice", "bob", "carol", "dave"))
    items = waiting(alice, ROUNDS)
    won = run([race(item, bob, carol) for item in items])
    assert [sum(wins) for wins in won] == [1] * ROUNDS
    assert [ReviewAction.objects.filter(item=item).count() for item in items] == [1] * ROUNDS
    for item in AIReviewQueue.objects.select_related("request").prefetch_related("actions"):
        [action] = item.actions.all()
        assert item.request.final == (action.step in {"delivered", "withdrawn"}), item.request.status


def run(contests: list[Contest]) -> list[tuple[bool, bool]]:
    """Who had their way in each: two threads with connections of their own, begun at once in every round."""
    scenes = iter([contest.before for contest in contests])

    def set_scene() -> None:
        next(scenes)()

    start = threading.Barrier(2, action=set_scene)
    columns = ([contest.one for contest in contests], [contest.other for contest in contests])
    won: tuple[list[bool], list[bool]] = ([], [])
    threads = [
        threading.Thread(target=contend, args=(start, *pair), daemon=True) for pair in zip(columns, won, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(zip(*won, strict=True))


def contend(start: threading.Barrier, steps: list[Step], won: list[bool]) -> None:
    try:
        for step in steps:
            start.wait()
            won.append(succeeds(step))
    except BaseException:
        start.abort()
        raise
    finally:
        connection.close()


def succeeds(step: Step) -> bool:
    try:
        return bool(step())
    except NotReviewable:
        return False
