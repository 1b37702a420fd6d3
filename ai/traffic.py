"""Which model of a route may be called now, by what all workers know: breakers and limits, kept in Redis.

Losing Redis costs politeness only: each process goes on by what it saw last and what it sees itself, without limits.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from django.conf import settings
from redis.asyncio import BlockingConnectionPool, Redis

from ai import breaker as breakers
from ai.breaker import CLOSED, Breaker, Go, Wait, Why, admission, probing
from ai.errors import BadCall, ContextExceeded, KeyRejected, ProviderError, RateLimited
from ai.signals import BreakerMoved, breaker_moved
from ai.types import ModelSpec

PATIENCE_S = 0.5
CONNECTIONS = 4
FRESH_S = 0.1
"""How old a look may be that many calls share; who claims a probe looks anew."""
AWAY_S = 5.0
"""How long Redis is left alone once it has not answered."""
KEPT_S = 3600
TRIES = 5
PREFIX = "lintel:model:"
CLAIMED = Wait(seconds=breakers.LOOK_AGAIN_S, why="probing")

# Each limit is one number, the moment at which all that was let through will be paid off at the even rate: the generic
# cell rate algorithm (GCRA, ITU-T I.371). A minute's worth may come at once, as vendors allow. A probe is claimed in
# the same breath, its breaker being the last key: a call that meets a full limit claims none, and who loses the claim
# has taken nothing of a limit.
ADMIT = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local limits = #KEYS
if #ARGV > #KEYS then
  limits = #KEYS - 1
  if (redis.call('GET', KEYS[#KEYS]) or '') ~= ARGV[#KEYS] then return 'claimed' end
end
local ends, wait = {}, 0
for i = 1, limits do
  ends[i] = math.max(tonumber(redis.call('GET', KEYS[i])) or 0, now) + tonumber(ARGV[i])
  wait = math.max(wait, ends[i] - now - 60)
end
if wait > 0 then return tostring(wait) end
for i = 1, limits do
  redis.call('SET', KEYS[i], string.format('%.6f', ends[i]), 'EX', 120)
end
if limits < #KEYS then redis.call('SET', KEYS[#KEYS], ARGV[#KEYS + 1], 'EX', ARGV[#KEYS + 2]) end
return '0'
"""
REPLACE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""

away_until: dict[str, float] = {}
"""By URL: commands look anew with each call, and are not to wait for it each time."""

T = TypeVar("T")
Change = Callable[[Breaker, float], Breaker]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A model that was not called, and in how many seconds it may be again; None where time changes nothing."""

    model: str
    why: Why
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """``index`` in the models that were offered; ``passed`` are those before it."""

    index: int
    probe: bool = False
    passed: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooling:
    """None may be called; the first may in so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was stored of a model ``at`` a moment of our clock, which the server's is ``ahead`` of."""

    at: float
    ahead: float
    text: str
    breaker: Breaker

    @property
    def now(self) -> float:
        """By the server's clock, which all workers share."""
        return time.monotonic() + self.ahead


NEVER_SEEN = Look(at=-math.inf, ahead=0.0, text="", breaker=CLOSED)


class Traffic(Protocol):
    async def choose(self, models: Sequence[ModelSpec], *, tokens: int) -> Chosen | Cooling:
        """The first of the models that may be called. ``tokens`` is about what the call will use."""
        ...

    def report(self, model: ModelSpec, error: ProviderError | None, *, answered: bool, probe: bool) -> None:
        """How a call ended; neither an error nor ``answered`` where we broke it off.

        Called on the loop, and waits for nothing.
        """
        ...


class OpenRoad:
    """No breakers, no limits: for samples and tests, which call no vendor."""

    async def choose(self, models: Sequence[ModelSpec], *, tokens: int) -> Chosen | Cooling:
        del models, tokens
        return Chosen(index=0)

    def report(self, model: ModelSpec, error: ProviderError | None, *, answered: bool, probe: bool) -> None:
        pass


OPEN_ROAD = OpenRoad()


class SharedTraffic:
    """One per event loop: a worker's, or that of a single job outside of requests."""

    def __init__(self, url: str) -> None:
        pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=PATIENCE_S,
            decode_responses=True,
            socket_connect_timeout=PATIENCE_S,
            socket_timeout=PATIENCE_S,
        )
        self._redis: Redis = Redis(connection_pool=pool)
        self._admit = self._redis.register_script(ADMIT)
        self._replace = self._redis.register_script(REPLACE)
        self._url = url
        self._looking = asyncio.Lock()
        self._looks: dict[str, Look] = {}
        self._reports: set[asyncio.Future[None]] = set()

    async def close(self) -> None:
        await self.reported()
        await self._redis.aclose(close_connection_pool=True)

    async def choose(self, models: Sequence[ModelSpec], *, tokens: int) -> Chosen | Cooling:
        return await self._asked(lambda: self._choose(models, tokens), otherwise=lambda: self._remembered(models))

    def report(self, model: ModelSpec, error: ProviderError | None, *, answered: bool, probe: bool) -> None:
        change = change_after(error, answered=answered, probe=probe)
        if change is None:
            return
        task = asyncio.ensure_future(self._reported(model, change))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def _reported(self, model: ModelSpec, change: Change) -> None:
        await self._asked(lambda: self._update(model, change), otherwise=lambda: self._note(model, change))

    async def reported(self) -> None:
        """Once all that was reported has been written down."""
        await asyncio.gather(*self._reports)

    async def _asked(self, question: Callable[[], Awaitable[T]], *, otherwise: Callable[[], T]) -> T:
        if self._is_away():
            return otherwise()
        try:
            async with asyncio.timeout(2 * PATIENCE_S):
                return await question()
        except Exception as problem:  # the edge: whatever a client of Redis raises, no request rests on it
            if not self._is_away():  # of many that ask at once, one says so
                log.warning("Breakers and limits are away (%s): each process goes by its own.", type(problem).__name__)
            away_until[self._url] = time.monotonic() + AWAY_S
            return otherwise()

    def _is_away(self) -> bool:
        return time.monotonic() < away_until.get(self._url, 0.0)

    def _remembered(self, models: Sequence[ModelSpec]) -> Chosen | Cooling:
        waits: list[tuple[ModelSpec, Wait]] = []
        for index, model in enumerate(models):
            look = self._last_look(model)
            match admission(look.breaker, look.now):
                case Wait() as wait:
                    waits.append((model, wait))
                case Go(probe=probe):
                    if probe:
                        self._looks[key_of(model)] = replace(look, breaker=probing(look.breaker, look.now))
                    return Chosen(index=index, probe=probe, passed=_passed(waits))
        return _cooling(waits)

    def _note(self, model: ModelSpec, change: Change) -> None:
        look = self._last_look(model)
        self._looks[key_of(model)] = replace(look, breaker=change(look.breaker, look.now))

    def _last_look(self, model: ModelSpec) -> Look:
        return self._looks.get(key_of(model), NEVER_SEEN)

    async def _choose(self, models: Sequence[ModelSpec], tokens: int) -> Chosen | Cooling:
        waits: list[tuple[ModelSpec, Wait]] = []
        for index, (model, look) in enumerate(zip(models, await self._look(models), strict=True)):
            match admission(look.breaker, look.now):
                case Wait() as wait:
                    waits.append((model, wait))
                case Go(probe=probe):
                    instead = await (self._claim_probe if probe else self._limited)(model, tokens)
                    if instead is None:
                        return Chosen(index=index, probe=probe, passed=_passed(waits))
                    waits.append((model, instead))
        return _cooling(waits)

    async def _look(self, models: Sequence[ModelSpec]) -> list[Look]:
        """One look for all that ask at about the same time."""
        keys = [key_of(model) for model in models]
        async with self._looking:
            oldest = time.monotonic() - FRESH_S
            if any(key not in self._looks or self._looks[key].at < oldest for key in keys):
                self._looks |= zip(keys, await self._read(models), strict=True)
            return [self._looks[key] for key in keys]

    async def _read(self, models: Sequence[ModelSpec]) -> list[Look]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.time()
            pipeline.mget([key_of(model) for model in models])
            (seconds, micros), texts = await pipeline.execute()
        at, ahead = time.monotonic(), seconds + micros / 1e6 - time.monotonic()
        return [Look(at=at, ahead=ahead, text=text or "", breaker=parsed(text)) for text in texts]

    async def _limited(self, model: ModelSpec, tokens: int) -> Wait | None:
        costs = limits_of(model, tokens)
        return _full(await self._admit(keys=list(costs), args=list(costs.values()))) if costs else None

    async def _claim_probe(self, model: ModelSpec, tokens: int) -> Wait | None:
        """What to wait for instead: for whoever was first, or for a limit."""
        [look] = await self._read([model])
        if admission(look.breaker, look.now) != Go(probe=True):
            return CLAIMED
        costs, new = limits_of(model, tokens), probing(look.breaker, look.now)
        arguments: list[float | str] = [*costs.values(), look.text, new.dump(), KEPT_S]
        answer = await self._admit(keys=[*costs, key_of(model)], args=arguments)
        if answer == "claimed":
            return CLAIMED
        if (wait := _full(answer)) is None:
            self._moved(model, look, new)
        return wait

    async def _update(self, model: ModelSpec, change: Change) -> None:
        """Others may write at the same time; who loses five times over leaves it to them."""
        for _try in range(TRIES):
            [look] = await self._read([model])
            changed = change(look.breaker, look.now)
            if changed == look.breaker or await self._swap(model, look, changed):
                return

    async def _swap(self, model: ModelSpec, look: Look, new: Breaker) -> bool:
        won = bool(await self._replace(keys=[key_of(model)], args=[look.text, new.dump(), KEPT_S]))
        if won:
            self._moved(model, look, new)
        return won

    def _moved(self, model: ModelSpec, look: Look, new: Breaker) -> None:
        old, self._looks[key_of(model)] = look.breaker, replace(look, text=new.dump(), breaker=new)
        if old.state == new.state:
            return
        log.warning("Breaker of %s: %s, was %s. %s", model.name, new.state, old.state, new.cause)
        facts = BreakerMoved(
            provider=model.provider.name, model=model.name, before=old.state, after=new.state, cause=new.cause
        )
        breaker_moved.send_robust(sender=BreakerMoved, facts=facts)  # no transaction, and none to open on a loop


def change_after(error: ProviderError | None, *, answered: bool, probe: bool) -> Change | None:
    """What a call's end does to its model's breaker; None for what says nothing of the model."""
    least = settings.LINTEL_BREAKER_CALLS
    if not least:
        return None
    match error:
        case RateLimited(retry_after=told) if told:
            return partial(breakers.asked_to_wait, seconds=told, probe=probe)
        case RateLimited():
            return partial(breakers.limited, jitter=random.random(), probe=probe)  # noqa: S311
        case KeyRejected():
            return partial(breakers.shut_out, cause=breakers.KEY_REJECTED)
        case BadCall() | ContextExceeded():  # ours to answer for; but whoever says so is there
            return partial(breakers.succeeded, probe=True) if probe else None
        case ProviderError():
            return partial(breakers.failed, probe=probe, cause=type(error).__name__, least=least)
    if answered:
        return partial(breakers.succeeded, probe=probe)
    return breakers.unproved if probe else None


def _passed(waits: Sequence[tuple[ModelSpec, Wait]]) -> tuple[PassedOver, ...]:
    return tuple(PassedOver(model=model.name, why=wait.why, seconds=wait.seconds) for model, wait in waits)


def _cooling(waits: Sequence[tuple[ModelSpec, Wait]]) -> Cooling:
    return Cooling(seconds=min(wait.seconds for _model, wait in waits))


def _full(answer: str) -> Wait | None:
    """What ADMIT says of limits: how long there is no room."""
    seconds = float(answer)
    return Wait(seconds=seconds, why="limit_full") if seconds else None


def limits_of(model: ModelSpec, tokens: int) -> Mapping[str, float]:
    """For each limit of model and provider the seconds that a call takes of it, at most a minute."""
    provider = model.provider
    told = [
        (f"{key_of(model)}:requests", 1, model.requests_per_minute),
        (f"{key_of(model)}:tokens", tokens, model.tokens_per_minute),
        (f"lintel:provider:{provider.name}:requests", 1, provider.requests_per_minute),
        (f"lintel:provider:{provider.name}:tokens", tokens, provider.tokens_per_minute),
    ]
    return {name: 60 * min(cost, limit) / limit for name, cost, limit in told if limit}


def parsed(text: str | None) -> Breaker:
    """What cannot be read, of a later release say, holds nobody up."""
    try:
        return Breaker.parse(text) if text else CLOSED
    except (ValueError, TypeError, KeyError):
        return CLOSED


def key_of(model: ModelSpec) -> str:
    return f"{PREFIX}{model.provider.name}:{model.name}"
