"""Ratings: counted as an independent query counts them, announced without words, erased with the answer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from ai.quality import wilson
from requests_app import deletion
from requests_app.errors import NoAnswer
from requests_app.feedback import By, counts, give
from requests_app.intake import accept
from requests_app.models import AIOutputFeedback, AIRequest, Status
from requests_app.signals import FeedbackGiven, feedback_given
from tests.integration.admin.furniture import request_of
from tests.integration.requests_app.conftest import SUMMARY

NOW = timezone.now()
DAY = timedelta(days=1)
BY_HAND = {
    By.PROMPT: "prompt_key || '@' || prompt_version",
    By.MODEL: "model",
    By.ROUTE: "route",
}


@pytest.fixture
def answered(alice: User) -> AIRequest:
    return request_of(alice, status=Status.DONE, result="The answer.")


def rated(user: User, rating: int, *, created: datetime = NOW, **origin: str) -> AIOutputFeedback:
    row = give(request_of(user, status=Status.DONE, result=""), rating=rating)
    AIOutputFeedback.objects.filter(pk=row.pk).update(created=created, **origin)
    return row


def counted_by_hand(by: By, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    table = AIOutputFeedback._meta.db_table
    query = f"SELECT {BY_HAND[by]}, rating FROM {table} WHERE created >= %s AND created < %s"  # noqa: S608 - constants
    found: dict[str, tuple[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, [since, until])
        for name, rating in cursor.fetchall():
            up, down = found.get(name, (0, 0))
            found[name] = (up + (rating == 1), down + (rating == -1))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_an_independent_query(alice: User, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(60):
        origin = {
            "prompt_key": draw.choice(["a", "b"]), "prompt_version": draw.choice(["1.0", "1.1"]),
            "model": draw.choice(["large", "small"]), "route": draw.choice(["default", "chat"]),
        }  # fmt: skip
        rated(alice, draw.choice([1, 1, -1]), created=NOW - draw.random() * 4 * DAY, **origin)
    since, until = NOW - 3 * DAY, NOW - DAY
    for by in By:
        tallies = counts(by, since=since, until=until)
        assert {tally.name: (tally.up, tally.down) for tally in tallies} == counted_by_hand(by, since, until)
        assert sum(tally.up + tally.down for tally in counts(by)) == 60


def test_bounds_belong_to_the_day_that_they_begin(alice: User) -> None:
    rated(alice, 1, created=NOW)
    assert [tally.up for tally in counts(By.MODEL, since=NOW, until=NOW + DAY)] == [1]
    assert counts(By.MODEL, since=NOW - DAY, until=NOW) == []


def test_few_ratings_say_nothing(alice: User) -> None:
    for rating in (1, 1, -1):
        rated(alice, rating)
    (few,) = counts(By.PROMPT)
    assert (few.up, few.down, few.approval, few.interval) == (2, 1, None, None)
    (enough,) = counts(By.PROMPT, least=3)
    assert (enough.approval, enough.interval) == (2 / 3, wilson(2, 3))


def test_a_rating_keeps_what_made_the_answer(answered: AIRequest) -> None:
    row = give(answered, rating=1)
    assert (row.route, row.model) == (answered.template.route, answered.model)


def test_the_database_knows_two_ratings(answered: AIRequest) -> None:
    give(answered, rating=1)
    with pytest.raises(IntegrityError, match="feedback_rating_known"), transaction.atomic():
        AIOutputFeedback.objects.update(rating=2)


class TestAnnouncing:
    @pytest.fixture
    def heard(self) -> Iterator[list[Any]]:
        announced: list[Any] = []
        feedback_given.connect(lambda facts, **_: announced.append(facts), weak=False, dispatch_uid="test")
        yield announced
        feedback_given.disconnect(dispatch_uid="test")

    def test_each_rating_is_announced_after_its_commit_without_words(
        self,
        answered: AIRequest,
        heard: list[Any],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            give(answered, rating=1, comment="A secret.", tags=["secret"])
            assert heard == []
        with django_capture_on_commit_callbacks(execute=True):
            give(answered, rating=-1)
        assert [(type(facts), facts.request_id, facts.rating) for facts in heard] == [
            (FeedbackGiven, answered.pk, 1),
            (FeedbackGiven, answered.pk, -1),
        ]
        assert "secret" not in str(heard)


def test_words_are_erased_with_the_answer_and_the_rating_stays(answered: AIRequest) -> None:
    give(answered, rating=-1, comment="A secret.", tags=["secret"])
    deletion.delete(answered)
    AIRequest.objects.update(deleted_at=F("deleted_at") - 8 * DAY)
    assert deletion.erase() == 1
    row = AIOutputFeedback.objects.get()
    assert (row.rating, row.comment, row.tags) == (-1, "", [])


def test_what_waits_cannot_be_rated(alice: User) -> None:
    with pytest.raises(NoAnswer):
        give(accept(alice, SUMMARY).request, rating=1)
