"""The sums by day are what the log says, whatever is late, repeated, at once or broken off."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from pytest_django import Settings

from accounts.models import Team, User
from ai.models import LLMUsageLog
from requests_app.models import AIOutputFeedback, AIRequest, AIReviewQueue, UncountedUsage, UsageCount, UsageDay
from requests_app.tally import count, count_all, rebuild, uncounted
from tests.integration.admin.furniture import judge_later, request_of
from tests.sampling import sample_team

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)
MEASURES = (
    "calls", "requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_usd",
    "unpriced_calls", "estimated_calls", "approved_answers", "reusable_answers", "served_again", "saved_usd",
    "unpriced_served_again",
)  # fmt: skip
# Written without a look at the product's own: each value of the log counted where it stands.
DAY_OF_PROMPT = """
SELECT (first.created AT TIME ZONE %(zone)s)::date AS day, log.prompt_key, count(*) FILTER (WHERE log.kind = 'call'),
    sum(log.input_tokens), sum(log.output_tokens), COALESCE(sum(log.cost_usd), 0)
FROM ai_llmusagelog AS log JOIN ai_llmusagelog AS first
    ON first.reference = log.reference AND first.attempt = log.attempt AND first.kind = 'call'
WHERE log.scope = %(team)s
GROUP BY 1, 2 ORDER BY 1, 2
"""
REUSE_OF_DAY = """
SELECT (completed AT TIME ZONE %(zone)s)::date, prompt_key, count(*), count(answered_by_id),
    COALESCE(sum(saved_usd), 0), count(answered_by_id) - count(saved_usd)
FROM requests_app_airequest WHERE status = 'done' AND fingerprint <> '' AND user_id = %(user)s
GROUP BY 1, 2 ORDER BY 1, 2
"""
TEAM, USER = uuid4(), uuid4()


def used(**changes: Any) -> LLMUsageLog:
    """A call as it is written; of one request each, unless it is said otherwise."""
    fields = {
        "reference": uuid4(), "attempt": 1, "subject": USER, "scope": TEAM, "prompt_key": "summary",
        "prompt_version": "1", "provider": "openai", "model": "small", "input_tokens": 10, "cache_read_tokens": 30,
        "cache_write_tokens": 5, "output_tokens": 7, "cost_usd": Decimal("0.01"), "created": NOON,
    }  # fmt: skip
    return LLMUsageLog.objects.create(**{**fields, **changes})


def correction_of(call: LLMUsageLog, **changes: Any) -> LLMUsageLog:
    same = {name: getattr(call, name) for name in ("reference", "attempt", "subject", "scope", "prompt_key")}
    return used(**{**same, "kind": "correction", "model": "small", **changes})


def sums(dimension: str = "total", value: str = "", *, scope: str = "all", day: date = DAY) -> UsageDay:
    return UsageDay.objects.get(scope=scope, dimension=dimension, value=value, day=day)


def everything() -> list[tuple[object, ...]]:
    return sorted(UsageDay.objects.values_list("day", "scope", "scope_id", "dimension", "value", *MEASURES), key=str)


@pytest.mark.django_db
def test_each_call_is_counted_once_for_each_who_and_what() -> None:
    used()
    used(cost_usd=None, prompt_key="letter")
    assert count_all() == 2
    assert count_all() == 0
    assert not uncounted()
    total = sums()
    assert (total.calls, total.requests, total.input_tokens, total.cache_read_tokens) == (2, 2, 20, 60)
    assert (total.cost_usd, total.unpriced_calls) == (Decimal("0.01"), 1)
    assert sums("version", "letter@1", scope="user").calls == 1
    assert sums("user", str(USER), scope="team").calls == 2
    assert sums("tag", "").calls == 2


@pytest.mark.django_db
def test_retries_are_calls_of_one_request_at_its_first_model() -> None:
    reference = uuid4()
    used(reference=reference, attempt=4, model="large")
    count_all()
    used(reference=reference, attempt=2)
    count_all()
    assert (sums().calls, sums().requests) == (2, 1)
    assert (sums("model", "small").requests, sums("model", "large").requests) == (1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("late", [True, False])
def test_correction_after_midnight_corrects_the_day_of_its_call(*, late: bool) -> None:
    call = used(estimated=True, created=datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC))
    if late:
        count_all()
        assert sums().estimated_calls == 1
    correction_of(call, output_tokens=-3, cost_usd=Decimal("-0.004"), created=NOON + timedelta(days=1))
    count_all()
    assert (sums().calls, sums().output_tokens, sums().cost_usd) == (1, 4, Decimal("0.006"))
    assert sums().estimated_calls == 0
    assert not UsageDay.objects.exclude(day=DAY).exists()


@pytest.mark.django_db
def test_unknown_correction_makes_the_price_unknown_once() -> None:
    correction_of(used(estimated=True), cost_usd=None)
    correction_of(used(estimated=True, cost_usd=None), cost_usd=None)
    count_all()
    assert (sums().calls, sums().unpriced_calls, sums().cost_usd) == (2, 2, Decimal("0.01"))


@pytest.mark.django_db
def test_days_are_those_of_the_time_zone(settings: Settings) -> None:
    settings.LINTEL_TIME_ZONE = "Asia/Tokyo"
    used(created=datetime(2026, 11, 19, 15, tzinfo=UTC))
    used(created=datetime(2026, 11, 20, 14, 59, tzinfo=UTC))
    used(created=datetime(2026, 11, 20, 15, tzinfo=UTC))
    count_all()
    assert (sums().calls, sums(day=DAY + timedelta(days=1)).calls) == (2, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("metadata", "tags"),
    [
        ({}, {""}),
        ({"tag": " ocean "}, {"ocean"}),
        ({"tags": ["a", "b", "a", 3, "", None], "tag": "c"}, {"a", "b", "c"}),
        ({"tags": "no list", "tag": ["no text"]}, {""}),
        ({"tags": [f"t{n}" for n in range(20)]}, {f"t{n}" for n in range(10)}),
        ({"tag": "x" * 100}, {"x" * 64}),
    ],
)
def test_tags_are_counted_within_bounds(metadata: dict[str, object], tags: set[str]) -> None:
    used(metadata=metadata)
    count_all()
    assert set(UsageDay.objects.filter(scope="all", dimension="tag").values_list("value", flat=True)) == tags


def test_samples_are_in_nobody_elses_sums(committed: None) -> None:
    used(scope=sample_team().pk)
    count_all()
    assert set(UsageDay.objects.values_list("scope", flat=True)) == {"team", "user"}


@pytest.mark.django_db
def test_sums_of_a_team_that_is_removed_go_with_it() -> None:
    team = Team.objects.create(name="Harbour")
    used(scope=team.pk)
    count_all()
    team.delete()
    assert set(UsageDay.objects.values_list("scope", flat=True)) == {"all", "user"}


def answered(user: User) -> AIRequest:
    request = request_of(user)
    used(reference=request.pk, attempt=1, subject=user.pk)
    used(reference=request.pk, attempt=2, subject=user.pk, model="large")
    return request


def rate(request: AIRequest, rating: int) -> None:
    facts = {"prompt_key": "summary", "prompt_version": "1", "model": "large", "route": "default"}
    AIOutputFeedback.objects.update_or_create(request=request, defaults={"rating": rating, **facts})


def test_approval_is_counted_given_changed_and_taken_back(alice: User) -> None:
    request = answered(alice)
    steps: list[tuple[Callable[[], object], int]] = [
        (lambda: rate(request, 1), 1),
        (lambda: rate(request, 1), 1),
        (lambda: rate(request, -1), 0),
        (lambda: rate(request, 1), 1),
        (AIOutputFeedback.objects.filter(request=request).delete, 0),
    ]
    for step, approved in steps:
        step()
        count_all()
        assert (sums().approved_answers, sums("model", "large").approved_answers) == (approved, approved)
        assert sums("model", "small").approved_answers == 0


@pytest.mark.parametrize(
    ("verdict", "closed", "rating", "approved"),
    [
        ("approved", True, None, 1),
        ("edited", True, None, 1),
        ("approved", False, None, 0),
        ("rejected", True, None, 0),
        ("rejected", True, 1, 0),
        ("approved", True, -1, 0),
        ("approved", True, 1, 1),
        ("", True, 1, 1),
    ],
)
def test_reviewers_approve_too(alice: User, verdict: str, *, closed: bool, rating: int | None, approved: int) -> None:
    request = answered(alice)
    judged = {"decided_by": alice, "decided_at": NOON, "effective_at": NOON} if verdict else {}
    item = judge_later(request, verdict=verdict, **judged)
    AIReviewQueue.objects.filter(pk=item.pk).update(closed=NOON if closed else None)
    if rating is not None:
        rate(request, rating)
    count_all()
    assert sums().approved_answers == approved


def delivered(user: User, **changes: Any) -> AIRequest:
    """The answer of a prompt that lets its answers serve again."""
    fields = {"status": "done", "result": "Fine.", "fingerprint": "equal", "completed": NOON}
    return request_of(user, **{**fields, **changes})


def reused(dimension: str = "total", value: str = "", *, scope: str = "all") -> tuple[int, int, Decimal, int]:
    row = sums(dimension, value, scope=scope)
    return row.reusable_answers, row.served_again, row.saved_usd, row.unpriced_served_again


def test_answers_that_served_again_are_counted_with_what_they_saved(alice: User) -> None:
    first = delivered(alice, cost_usd=Decimal("0.002"))
    for saved in (Decimal("0.002"), None):
        delivered(alice, answered_by=first, saved_usd=saved, metadata={"tag": "ocean"})
    delivered(alice, fingerprint="")
    assert uncounted()
    assert (count_all(), count_all()) == (3, 0)
    assert reused() == reused("user", str(alice.pk), scope="team") == (3, 2, Decimal("0.002"), 1)
    assert reused("tag", "ocean") == (2, 2, Decimal("0.002"), 1)
    assert (sums().requests, sums().calls) == (0, 0)


@pytest.mark.parametrize(("status", "counted"), [("failed", 0), ("rejected", 0), ("done", 1)])
def test_answer_counts_when_it_is_delivered_and_once(alice: User, status: str, counted: int) -> None:
    request = delivered(alice, status="review", result=None, completed=None)
    assert not uncounted()
    for _again in range(2):
        AIRequest.objects.filter(pk=request.pk).update(
            status=status, completed=NOON, result="Fine." if counted else None
        )
    assert count_all() == counted
    assert UsageDay.objects.exists() is bool(counted)


def test_reuse_of_samples_is_in_nobody_elses_sums(committed: None) -> None:
    team = sample_team()
    delivered(User.objects.create_user("dora"), team=team)
    count_all()
    assert set(UsageDay.objects.values_list("scope", flat=True)) == {"team", "user"}


class PowerCut(Exception):
    pass


def break_off() -> None:
    with transaction.atomic():
        assert count() == 1
        raise PowerCut


def test_count_that_is_broken_off_loses_and_doubles_nothing(committed: None) -> None:
    used()
    with pytest.raises(PowerCut):
        break_off()
    assert uncounted()
    assert not UsageDay.objects.exists()
    assert (count(), count(), sums().calls) == (1, 0, 1)


def test_row_of_a_transaction_under_way_is_counted_after_it(committed: None) -> None:
    with transaction.atomic():
        used()
        assert elsewhere(count) == 0
    assert (elsewhere(count), sums().calls) == (1, 1)


def test_counts_at_once_are_one_after_the_other(committed: None) -> None:
    for _each in range(40):
        used()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _n: closing(lambda: [count(5) or 0 for _again in range(20)]), range(4)))
    count_all()
    assert sum(map(sum, found)) <= 40
    assert (sums().calls, sums().requests, uncounted()) == (40, 40, False)


def test_as_of_tells_what_is_counted(committed: None) -> None:
    used()
    count_all()
    first = UsageCount.objects.get()
    assert first.time_zone == "UTC"
    used()
    assert uncounted()
    count_all()
    assert UsageCount.objects.get().as_of > first.as_of


def elsewhere(function: Callable[[], Any]) -> Any:
    """On another connection."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(closing, function).result()


def closing(function: Callable[[], Any]) -> Any:
    try:
        return function()
    finally:
        connections.close_all()


def random_usage(dice: random.Random, count_meanwhile: Callable[[], object]) -> None:
    """Calls of some people over a fortnight, corrections in any order with counts between them."""
    team, people = [uuid4(), TEAM], [uuid4() for _each in range(4)]
    for _each in range(60):
        reference, moment = uuid4(), NOON - timedelta(minutes=dice.randrange(20_000))
        attempts = dice.sample(range(1, 6), dice.randrange(1, 4))
        facts = {"reference": reference, "subject": dice.choice(people), "scope": dice.choice(team)}
        for attempt in attempts:
            call = used(
                **facts, attempt=attempt, created=moment, estimated=dice.random() < 0.4, model=dice.choice("ab"),
                prompt_key=dice.choice(["summary", "letter"]), metadata={"tags": dice.sample("xyz", 2)},
                cost_usd=dice.choice([None, Decimal(dice.randrange(10**6)) / 10**7]),
            )  # fmt: skip
            moment += timedelta(hours=dice.randrange(30))
            if call.estimated and dice.random() < 0.7:
                known = None if call.cost_usd is None else dice.choice([None, Decimal("-0.00001")])
                correction_of(call, output_tokens=-2, cost_usd=known, created=moment)
            if dice.random() < 0.3:
                count_meanwhile()


def random_reuse(dice: random.Random, user: User, count_meanwhile: Callable[[], object]) -> None:
    earlier = delivered(user, completed=NOON - timedelta(minutes=20_000))
    again = {"answered_by": earlier, "saved_usd": Decimal("0.003")}
    for _each in range(40):
        delivered(
            user, completed=NOON - timedelta(minutes=dice.randrange(20_000)), model=dice.choice("ab"),
            prompt_key=dice.choice(["summary", "letter"]), metadata={"tags": dice.sample("xyz", 2)},
            fingerprint=dice.choice(["", "equal"]), **dice.choice([{}, again, {**again, "saved_usd": None}]),
        )  # fmt: skip
        if dice.random() < 0.3:
            count_meanwhile()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_rebuilding_finds_what_counting_found(alice: User, settings: Settings, seed: int, zone: str) -> None:
    settings.LINTEL_TIME_ZONE = zone
    dice = random.Random(seed)
    random_usage(dice, lambda: count(dice.randrange(1, 9)))
    random_reuse(dice, alice, lambda: count(dice.randrange(1, 9)))
    rate(answered(alice), 1)
    count_all()
    found = everything()
    list(rebuild())
    assert everything() == found
    expected = independent(DAY_OF_PROMPT, zone=zone, team=TEAM)
    rows = UsageDay.objects.filter(scope="team", scope_id=TEAM, dimension="prompt").order_by("day", "value")
    assert list(rows.values_list("day", "value", "calls", "input_tokens", "output_tokens", "cost_usd")) == expected
    assert reuse_of_days(alice) == independent(REUSE_OF_DAY, zone=zone, user=alice.pk)


def independent(statement: str, **arguments: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def reuse_of_days(user: User) -> list[tuple[Any, ...]]:
    rows = UsageDay.objects.filter(scope="user", scope_id=user.pk, dimension="prompt", reusable_answers__gt=0)
    names = ("day", "value", "reusable_answers", "served_again", "saved_usd", "unpriced_served_again")
    return list(rows.order_by("day", "value").values_list(*names))


@pytest.mark.django_db
def test_rebuilding_while_some_is_uncounted_counts_it_once() -> None:
    estimate, later = used(estimated=True), used()
    correction_of(estimate, output_tokens=-1)
    UncountedUsage.objects.filter(usage=later.pk).delete()
    list(rebuild())
    assert (sums().calls, sums().output_tokens) == (2, 13)


@pytest.mark.django_db
def test_rebuilding_follows_a_changed_time_zone(settings: Settings) -> None:
    used(created=datetime(2026, 11, 20, 23, tzinfo=UTC))
    count_all()
    settings.LINTEL_TIME_ZONE = "Asia/Tokyo"
    call_command("rebuild_usage", verbosity=0)
    assert [row.day for row in UsageDay.objects.filter(dimension="total", scope="all")] == [date(2026, 11, 21)]
    assert UsageCount.objects.get().time_zone == "Asia/Tokyo"


@pytest.mark.django_db
def test_rebuilding_from_a_day_leaves_those_before_it() -> None:
    used(created=NOON - timedelta(days=2))
    used()
    count_all()
    UsageDay.objects.update(calls=77)
    call_command("rebuild_usage", "--from", "2026-11-20")
    assert (sums(day=DAY - timedelta(days=2)).calls, sums().calls) == (77, 1)
    with pytest.raises(CommandError, match="yesterday is no day"):
        call_command("rebuild_usage", "--from", "yesterday")
