"""Breakers and limits as all workers share them, in a real Valkey."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings
from redis.asyncio import Redis

from ai.breaker import Breaker
from ai.errors import BadCall, ContextExceeded, KeyRejected, Overloaded, ProviderError, RateLimited
from ai.signals import BreakerMoved, breaker_moved
from ai.traffic import Chosen, Cooling, SharedTraffic, away_until, key_of
from ai.types import ModelSpec, ProviderSpec

WRONG = BadCall("no such parameter")
REDIS_URL = django_settings.REDIS_URL or ""
DOWN = Overloaded("overloaded")


def a_model(**limits: Any) -> ModelSpec:
    """Nobody else's: names are made up for each test."""
    provider = ProviderSpec(name=uuid.uuid4().hex, kind="openai", base_url=None, api_key_setting=None)
    return ModelSpec(
        name="small", provider=provider, context_window=1, max_output_tokens=1, capabilities=frozenset(), **limits
    )


@pytest.fixture(autouse=True)
def heeded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On a machine that is short of processors a Redis that is there must not pass for one that is away."""
    settings.LINTEL_BREAKER_CALLS = 5
    monkeypatch.setattr("ai.traffic.PATIENCE_S", 5.0)
    yield
    away_until.clear()


@pytest.fixture
async def traffic() -> AsyncIterator[SharedTraffic]:
    shared = SharedTraffic(REDIS_URL)
    yield shared
    await shared.close()


async def ended(traffic: SharedTraffic, model: ModelSpec, *errors: ProviderError | None, **call: bool) -> None:
    for error in errors:
        traffic.report(model, error, **{"answered": error is None, "probe": False, **call})
        await traffic.reported()


async def chosen(traffic: SharedTraffic, models: list[ModelSpec]) -> Chosen:
    choice = await traffic.choose(models, tokens=1)
    assert isinstance(choice, Chosen)
    return choice


async def put(model: ModelSpec, breaker: Breaker | str) -> None:
    async with Redis.from_url(REDIS_URL) as redis:
        text = breaker.dump() if isinstance(breaker, Breaker) else breaker
        await redis.set(f"lintel:model:{model.provider.name}:{model.name}", text)


async def test_a_failing_model_is_passed_over_by_every_worker(traffic: SharedTraffic) -> None:
    first, second = a_model(), a_model()
    await ended(traffic, first, *[DOWN] * 5)
    other = SharedTraffic(REDIS_URL)
    assert (await chosen(other, [first, second])).index == 1
    assert isinstance(await other.choose([first], tokens=1), Cooling)
    await other.close()


WHY: list[tuple[str, Breaker | list[ProviderError], int | None, tuple[str, float, float]]] = [
    # what is known of the model, its requests a minute; why it is passed over, and between which seconds it is free
    ("after failures", [DOWN] * 5, None, ("failing", 9, 10)),
    ("after a key was turned down", [KeyRejected("401")], None, ("key_rejected", 59, 60)),
    ("told to wait", [RateLimited("429", retry_after=40.0)], None, ("rate_limited", 39, 40)),
    ("told to wait for nobody knows how long", [RateLimited("429")], None, ("rate_limited", 0, 1)),
    ("told to wait for nothing", [RateLimited("429", retry_after=0.0)], None, ("rate_limited", 0, 1)),
    ("tried by somebody", Breaker(state="probing", until=9e9, cause="Overloaded"), None, ("probing", 5, 5)),
    ("over its limit", [], 1, ("limit_full", 50, 60)),
    ("over its limit, where a probe is due", Breaker(state="open", until=1.0), 1, ("limit_full", 50, 60)),
]


@pytest.mark.parametrize(("before", "limit", "told"), [row[1:] for row in WHY], ids=[row[0] for row in WHY])
async def test_why_a_model_is_passed_over(
    traffic: SharedTraffic, before: Breaker | list[ProviderError], limit: int | None, told: tuple[str, float, float]
) -> None:
    first, second = a_model(requests_per_minute=limit), a_model()
    if limit:
        assert await traffic.choose([first], tokens=1) == Chosen(index=0)
    if isinstance(before, Breaker):
        await put(first, before)
    else:
        await ended(traffic, first, *before)
    other = SharedTraffic(REDIS_URL)
    [passed] = (await chosen(other, [first, second])).passed
    await other.close()
    why, least, most = told
    assert (passed.model, passed.why) == (first.name, why)
    assert passed.seconds is not None
    assert least < passed.seconds <= most or least == passed.seconds == most


async def test_a_pause_that_nobody_told_grows_for_all_workers_and_is_ended_by_one_call(traffic: SharedTraffic) -> None:
    model, pauses = a_model(), []
    other = SharedTraffic(REDIS_URL)
    probe = False
    for worker in (traffic, other, traffic, other):
        await ended(worker, model, RateLimited("429"), probe=probe)
        async with Redis.from_url(REDIS_URL, decode_responses=True) as redis:
            seen = Breaker.parse(str(await redis.get(key_of(model))))
        pauses.append(seen.pause_s)
        await put(model, replace(seen, cooling=0.0))  # the time is over
        workers = [SharedTraffic(REDIS_URL) for _worker in range(5)]
        choices = await asyncio.gather(*(each.choose([model], tokens=1) for each in workers))
        assert [choice for choice in choices if isinstance(choice, Chosen)] == [Chosen(index=0, probe=True)]
        probe = True
        for each in workers:
            await each.close()
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    await other.close()


@pytest.mark.parametrize("error", [WRONG, ContextExceeded("too long")])
async def test_bad_input_counts_against_no_model(traffic: SharedTraffic, error: ProviderError) -> None:
    model = a_model()
    await ended(traffic, model, *[error] * 20)
    assert await traffic.choose([model], tokens=1) == Chosen(index=0)


async def test_a_rejected_key_opens_at_once_and_is_announced(traffic: SharedTraffic) -> None:
    model, heard = a_model(), []

    def hear(facts: BreakerMoved, **_: Any) -> None:
        heard.append((facts.provider, facts.before, facts.after, facts.cause))

    breaker_moved.connect(hear)
    try:
        await ended(traffic, model, KeyRejected("401"))
    finally:
        breaker_moved.disconnect(hear)
    assert isinstance(await traffic.choose([model], tokens=1), Cooling)
    assert heard == [(model.provider.name, "closed", "open", "KeyRejected")]


async def test_a_pause_is_kept_as_long_as_was_asked(traffic: SharedTraffic) -> None:
    model = a_model()
    await ended(traffic, model, RateLimited("429", retry_after=40.0))
    choice = await traffic.choose([model], tokens=1)
    assert isinstance(choice, Cooling)
    assert 30 < choice.seconds <= 40


async def test_of_many_workers_one_probes(traffic: SharedTraffic) -> None:
    model = a_model()
    await put(model, Breaker(state="open", until=1.0, open_s=10.0))
    workers = [SharedTraffic(REDIS_URL) for _worker in range(20)]
    choices = await asyncio.gather(*(worker.choose([model], tokens=1) for worker in workers))
    assert [choice for choice in choices if isinstance(choice, Chosen)] == [Chosen(index=0, probe=True)]
    await ended(traffic, model, None, probe=True)
    assert await traffic.choose([model], tokens=1) == Chosen(index=0)
    for worker in workers:
        await worker.close()


@pytest.mark.parametrize(("error", "answered"), [(WRONG, False), (None, True)])
async def test_a_probe_that_is_answered_closes(
    traffic: SharedTraffic, error: ProviderError | None, answered: bool
) -> None:
    model = a_model()
    await put(model, Breaker(state="probing", until=9e9, open_s=10.0))
    await ended(traffic, model, error, answered=answered, probe=True)
    assert await traffic.choose([model], tokens=1) == Chosen(index=0)


async def test_a_probe_that_was_broken_off_is_made_by_the_next(traffic: SharedTraffic) -> None:
    model = a_model()
    await put(model, Breaker(state="probing", until=9e9, open_s=10.0))
    await ended(traffic, model, None, answered=False, probe=True)
    assert await traffic.choose([model], tokens=1) == Chosen(index=0, probe=True)


@pytest.mark.parametrize("limit", ["requests_per_minute", "tokens_per_minute"])
async def test_a_call_that_meets_a_full_limit_claims_no_probe(traffic: SharedTraffic, limit: str) -> None:
    model = a_model(**{limit: 1})
    assert await traffic.choose([model], tokens=1) == Chosen(index=0)
    await put(model, Breaker(state="open", until=1.0, open_s=10.0))
    other = SharedTraffic(REDIS_URL)
    assert isinstance(await other.choose([model], tokens=1), Cooling)
    unlimited = replace(model, requests_per_minute=None, tokens_per_minute=None)
    assert await other.choose([unlimited], tokens=1) == Chosen(index=0, probe=True)
    await other.close()


async def test_who_is_not_the_one_to_probe_uses_nothing_of_a_limit(traffic: SharedTraffic) -> None:
    model = a_model(requests_per_minute=2)
    await put(model, Breaker(state="open", until=1.0, open_s=10.0))
    workers = [SharedTraffic(REDIS_URL) for _worker in range(5)]
    await asyncio.gather(*(worker.choose([model], tokens=1) for worker in workers))
    await ended(traffic, model, None, probe=True)
    choices = [await traffic.choose([model], tokens=1) for _call in range(2)]
    assert choices[0] == Chosen(index=0)
    assert isinstance(choices[1], Cooling)
    for worker in workers:
        await worker.close()


async def test_what_several_workers_report_at_once_is_all_counted(traffic: SharedTraffic) -> None:
    model = a_model()
    workers = [SharedTraffic(REDIS_URL) for _worker in range(5)]
    for worker in workers:
        worker.report(model, DOWN, answered=False, probe=False)
    await asyncio.gather(*(worker.reported() for worker in workers))
    assert isinstance(await traffic.choose([model], tokens=1), Cooling)
    for worker in workers:
        await worker.close()


@pytest.mark.parametrize("limit", ["requests_per_minute", "tokens_per_minute"])
async def test_a_limit_lets_a_minutes_worth_through_and_then_waits(traffic: SharedTraffic, limit: str) -> None:
    model = a_model(**{limit: 10})
    choices = [await traffic.choose([model], tokens=1) for _call in range(11)]
    assert choices[:10] == [Chosen(index=0)] * 10
    last = choices[10]
    assert isinstance(last, Cooling)
    assert 0 < last.seconds <= 6  # a tenth of a minute


async def test_a_providers_limit_is_of_all_its_models(traffic: SharedTraffic) -> None:
    one = a_model()
    provider = replace(one.provider, requests_per_minute=3)
    models = [replace(one, name=name, provider=provider) for name in ("small", "large")]
    choices = [await traffic.choose([model], tokens=1) for model in models * 3]
    assert choices[:3] == [Chosen(index=0)] * 3
    assert all(isinstance(choice, Cooling) for choice in choices[3:])


async def test_a_call_dearer_than_a_minutes_worth_gets_through_alone(traffic: SharedTraffic) -> None:
    model = a_model(tokens_per_minute=100)
    assert await traffic.choose([model], tokens=5_000) == Chosen(index=0)
    assert isinstance(await traffic.choose([model], tokens=1), Cooling)


async def test_over_its_limit_the_next_model_is_called(traffic: SharedTraffic) -> None:
    small, large = a_model(requests_per_minute=1), a_model()
    assert [(await chosen(traffic, [small, large])).index for _call in range(2)] == [0, 1]


async def test_what_cannot_be_read_holds_nobody_up(traffic: SharedTraffic) -> None:
    model = a_model()
    await put(model, '{"state": "of a later release"}')
    assert await traffic.choose([model], tokens=1) == Chosen(index=0)
    await ended(traffic, model, *[DOWN] * 5)
    assert isinstance(await traffic.choose([model], tokens=1), Cooling)


async def test_without_redis_each_process_goes_by_what_it_sees_itself() -> None:
    away = SharedTraffic("redis://127.0.0.1:1/0")
    down, up = a_model(), a_model(requests_per_minute=1)
    assert [await away.choose([up], tokens=1) for _call in range(3)] == [Chosen(index=0)] * 3
    await ended(away, down, *[DOWN] * 5)
    assert (await chosen(away, [down, up])).index == 1
    assert isinstance(await away.choose([down], tokens=1), Cooling)
    await away.close()


async def test_without_redis_a_process_lengthens_its_own_pauses() -> None:
    away, model, pauses = SharedTraffic("redis://127.0.0.1:1/0"), a_model(), []
    for call in range(4):
        await ended(away, model, *[RateLimited("429")] * (1 if call else 8), probe=call > 0)
        look = away._looks[key_of(model)]
        pauses.append(look.breaker.pause_s)
        away._looks[key_of(model)] = replace(look, breaker=replace(look.breaker, cooling=0.0))  # the time is over
        choices = [await away.choose([model], tokens=1) for _call in range(5)]
        assert [choice for choice in choices if isinstance(choice, Chosen)] == [Chosen(index=0, probe=True)]
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    await away.close()


async def test_without_redis_one_call_of_the_process_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai.breaker.OPEN_S", 0.0)
    away, model = SharedTraffic("redis://127.0.0.1:1/0"), a_model()
    await ended(away, model, *[DOWN] * 5)
    assert await away.choose([model], tokens=1) == Chosen(index=0, probe=True)
    assert isinstance(await away.choose([model], tokens=1), Cooling)
    await ended(away, model, None, probe=True)
    assert [await away.choose([model], tokens=1) for _call in range(2)] == [Chosen(index=0)] * 2
    await away.close()


async def test_what_was_seen_last_holds_while_redis_is_away(traffic: SharedTraffic) -> None:
    down, up = a_model(), a_model()
    await ended(traffic, down, *[DOWN] * 5)
    assert (await chosen(traffic, [down, up])).index == 1
    async with Redis.from_url(REDIS_URL) as redis:
        await redis.client_pause(2000)  # longer than anybody waits
        assert [(await chosen(traffic, [down, up])).index for _call in range(3)] == [1] * 3
        assert isinstance(await traffic.choose([down], tokens=1), Cooling)


async def test_a_server_that_is_no_redis_holds_nobody_up() -> None:
    async def chatter(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"*2\r\n:1\r\n\xff\x00garbage\r\n" * 100)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(chatter, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        odd = SharedTraffic(f"redis://{host}:{port}/0")
        assert await odd.choose([a_model()], tokens=1) == Chosen(index=0)
        await odd.close()


async def test_a_hanging_redis_holds_nobody_up() -> None:
    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    held: list[asyncio.StreamWriter] = []
    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        hanging = SharedTraffic(f"redis://{host}:{port}/0")
        assert await hanging.choose([a_model()], tokens=1) == Chosen(index=0)
        for _call in range(50):  # asked once, then left alone for a while
            assert await hanging.choose([a_model()], tokens=1) == Chosen(index=0)
        assert len(held) == 1
        for writer in held:
            writer.close()
        await hanging.close()


async def test_breakers_can_be_turned_off(traffic: SharedTraffic, settings: Settings) -> None:
    settings.LINTEL_BREAKER_CALLS = 0
    model = a_model()
    await ended(traffic, model, *[DOWN] * 20, KeyRejected("401"), RateLimited("429", retry_after=60.0))
    assert await traffic.choose([model], tokens=1) == Chosen(index=0)
