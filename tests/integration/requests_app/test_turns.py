"""Whose turn it is: nobody's many requests hold up another's one, and each can be told its place."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from requests_app import waiting
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, Lane, Status, WorkerLease
from requests_app.waiting import queue_ahead
from tests.integration.requests_app.conftest import SUMMARY, claim_next


def asked(user: User, *, lane: str = Lane.INTERACTIVE, age_s: float = 60.0) -> UUID:
    request = accept(user, Submission(prompt_key=SUMMARY.prompt_key, payload=SUMMARY.payload, lane=lane)).request
    AIRequest.objects.filter(pk=request.pk).update(created=timezone.now() - timedelta(seconds=age_s))
    return request.pk


def started(lease: WorkerLease, most: int = 1000) -> Iterator[UUID]:
    """Whom the workers take, one after the other."""
    for _turn in range(most):
        claim = claim_next(lease.pk)
        if claim is None:
            return
        yield claim.request.pk


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    for name in ("LINTEL_DAILY_TOKENS", "LINTEL_USER_REQUESTS", "LINTEL_TEAM_REQUESTS", "LINTEL_REQUESTS_PER_MINUTE"):
        setattr(settings, name, None)


def test_one_of_another_user_is_next_whatever_waits(alice: User, bob: User, lease: WorkerLease) -> None:
    for _each in range(50):
        asked(alice, age_s=600)
    assert len(list(started(lease, most=5))) == 5
    late = asked(bob, age_s=1)
    assert next(started(lease)) == late


def test_turns_alternate_between_those_who_wait(alice: User, bob: User, lease: WorkerLease) -> None:
    for user in (alice, alice, alice, bob, bob):
        asked(user)
    owners = dict(AIRequest.objects.values_list("pk", "user__username"))
    assert [owners[each] for each in started(lease)] == ["alice", "bob", "alice", "bob", "alice"]


def test_better_lane_comes_first(alice: User, bob: User, lease: WorkerLease) -> None:
    bulk, normal, interactive = (
        asked(alice, lane=Lane.BULK, age_s=600),
        asked(alice, lane=Lane.NORMAL, age_s=300),
        asked(bob),
    )
    assert list(started(lease)) == [interactive, normal, bulk]


def test_what_nobody_may_take_yet_holds_up_nobody(alice: User, lease: WorkerLease) -> None:
    early, overdue, due = asked(alice, age_s=900), asked(alice, age_s=800), asked(alice)
    AIRequest.objects.filter(pk=early).update(not_before=timezone.now() + timedelta(minutes=1))
    AIRequest.objects.filter(pk=overdue).update(deadline=timezone.now() - timedelta(seconds=1))
    assert list(started(lease)) == [due]


@pytest.mark.parametrize("seed", range(5))
def test_places_are_the_order_in_which_workers_take(
    seed: int, alice: User, bob: User, mallory: User, lease: WorkerLease
) -> None:
    chance = random.Random(seed)
    everybody = [alice, alice, alice, bob, mallory]
    for _each in range(30):
        asked(chance.choice(everybody), lane=chance.choice(Lane.values), age_s=chance.uniform(2, 900))
    list(started(lease, most=chance.randrange(10)))
    rows = AIRequest.objects.filter(status=Status.PENDING)
    places = {row.pk: queue_ahead(row) for row in rows}
    assert sorted(places, key=lambda each: places[each] or 0) == list(started(lease))
    assert sorted(place or 0 for place in places.values()) == list(range(len(rows)))


def test_place_is_unknown_at_first_and_gone_at_last(alice: User, lease: WorkerLease) -> None:
    fresh = AIRequest.objects.get(pk=asked(alice, age_s=-60))
    assert queue_ahead(fresh) is None
    mine = AIRequest.objects.get(pk=asked(alice))
    assert queue_ahead(mine) == 0
    list(started(lease))
    mine.refresh_from_db()
    assert queue_ahead(mine) is None


def test_nobody_is_counted_in_a_queue_too_long(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST_PLACES", 1)
    mine = [asked(alice), asked(alice)]
    assert queue_ahead(AIRequest.objects.get(pk=mine[0])) is None


@pytest.mark.django_db
def test_queue_is_read_by_its_index_alone() -> None:
    """Each hop and each oldest request: no plan of requests_app_claim_next may read the table or sort the queue."""
    hops = "SELECT user_id FROM requests_app_airequest WHERE status = 'pending' AND lane = 'bulk' AND user_id > %s"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {hops} ORDER BY user_id LIMIT 1", [UUID(int=0)])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "request_queue" in plan
    assert "Sort" not in plan
