"""A job among models that may not be called now, and what it tells of those that it has called."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import pytest

from ai.breaker import Why
from ai.engine import Answered, CallStarting, Event, Failed, PutBack, Stop, drive
from ai.errors import ProviderError
from ai.providers.fake import FakeProvider, Script
from ai.resilience import PUT_BACK_SECONDS
from ai.traffic import Chosen, Cooling, PassedOver
from ai.types import ModelSpec, TextDelta
from tests.unit.ai.engine.driving import Driven, driven, job, model

FINE = Script(text="fine")
OVERLOADED = Script(status=529)
LEAST_S, MOST_S = PUT_BACK_SECONDS


def over(name: str, why: Why, seconds: float | None) -> PassedOver:
    return PassedOver(model=name, why=why, seconds=seconds)


def passed(result: Driven) -> list[tuple[PassedOver, ...]]:
    return [event.passed for event in result.events if isinstance(event, CallStarting)]


@dataclass
class Lights:
    """Names of models that may not be called, and for how long; and what was reported."""

    red: dict[str, float] = field(default_factory=dict)
    probes: bool = False
    reports: list[tuple[str, str, bool, bool]] = field(default_factory=list)

    async def choose(self, models: Sequence[ModelSpec], *, tokens: int) -> Chosen | Cooling:
        assert tokens > 0
        for index, each in enumerate(models):
            if each.name not in self.red:
                passed = tuple(over(red.name, "failing", self.red[red.name]) for red in models[:index])
                return Chosen(index=index, probe=self.probes, passed=passed)
        return Cooling(seconds=min(self.red[each.name] for each in models))

    def report(self, model: ModelSpec, error: ProviderError | None, *, answered: bool, probe: bool) -> None:
        self.reports.append((model.name, type(error).__name__ if error else "", answered, probe))


async def test_a_model_that_is_left_alone_is_not_called(fake: FakeProvider) -> None:
    fake.scripts.push(FINE)
    lights = Lights(red={"small": 30.0, "middle": 5.0})
    result = await driven(job(fake, "small", "middle", "large", traffic=lights))
    assert result.end == Answered(text="fine")
    assert result.calls == [("large", "fallback")]
    assert lights.reports == [("large", "", True, False)]
    assert passed(result) == [(over("small", "failing", 30.0), over("middle", "failing", 5.0))]


async def test_what_stands_between_two_calls_is_told_with_the_second(fake: FakeProvider) -> None:
    fake.scripts.by_model |= {"small": OVERLOADED, "large": FINE}
    lights = Lights(red={"middle": 5.0})
    result = await driven(job(fake, "small", "middle", "large", traffic=lights))
    assert result.calls == [("small", "first"), ("small", "retry"), ("large", "fallback")]
    assert passed(result) == [(), (), (over("middle", "failing", 5.0),)]


async def test_models_too_small_for_what_was_too_long_are_told_before_those_left_alone(fake: FakeProvider) -> None:
    fake.scripts.by_model |= {"small": Script(status=400, error_code="context_length_exceeded"), "largest": FINE}
    lights = Lights(red={"large": 5.0})
    windows = {"small": 8192, "middle": 8192, "large": 16384, "largest": 16384}
    route = tuple(replace(model(fake, name), context_window=window) for name, window in windows.items())
    result = await driven(job(fake, route=route, traffic=lights))
    assert result.calls == [("small", "first"), ("largest", "fallback")]
    assert passed(result) == [(), (over("middle", "context_exceeded", None), over("large", "failing", 5.0))]


async def test_where_none_may_be_called_the_job_waits_for_the_first(fake: FakeProvider) -> None:
    result = await driven(
        job(fake, "small", "large", deadline_s=60.0, traffic=Lights(red={"small": 30.0, "large": 7.0}))
    )
    assert result.calls == []
    assert isinstance(result.end, PutBack)
    assert 7.0 + LEAST_S <= result.end.after_s <= 7.0 + MOST_S
    assert result.end.reason == "cooling"


async def test_no_job_waits_past_its_deadline(fake: FakeProvider) -> None:
    result = await driven(job(fake, traffic=Lights(red={"small": 30.0})))
    assert isinstance(result.end, Failed)
    assert result.end.code == "provider_unavailable"


async def test_a_model_that_has_just_failed_is_met_again_before_one_that_cools_for_long(fake: FakeProvider) -> None:
    fake.scripts.push(OVERLOADED, OVERLOADED)
    lights = Lights(red={"large": 300.0})
    result = await driven(job(fake, "small", "large", deadline_s=60.0, traffic=lights))
    assert result.calls == [("small", "first"), ("small", "retry")]
    assert isinstance(result.end, PutBack)
    assert result.end.after_s <= MOST_S


@pytest.mark.parametrize(
    ("script", "report"),
    [
        (FINE, ("small", "", True, True)),
        (Script(text="cut short", stop="max_tokens"), ("small", "", True, True)),
        (Script(status=400), ("small", "BadCall", False, True)),
        (Script(status=401), ("small", "KeyRejected", False, True)),
    ],
)
async def test_every_call_is_told_of(fake: FakeProvider, script: Script, report: tuple[str, str, bool, bool]) -> None:
    fake.scripts.push(script)
    lights = Lights(probes=True)
    await driven(job(fake, traffic=lights))
    assert lights.reports == [report]


async def test_a_call_that_we_stop_says_nothing_of_its_model(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="long " * 50, chunk_delay_s=0.05))
    stop, lights = Stop(), Lights()

    def cancel(event: Event) -> None:
        if not isinstance(event, CallStarting):
            stop.pull("cancelled")

    await driven(job(fake, stop=stop, traffic=lights), cancel)
    assert lights.reports == [("small", "", False, False)]


@pytest.mark.parametrize("until", [CallStarting, TextDelta])
async def test_a_probe_that_is_never_made_or_left_is_given_back(fake: FakeProvider, until: type[Event]) -> None:
    fake.scripts.push(FINE)
    lights = Lights(probes=True)
    async with aclosing(drive(job(fake, traffic=lights))) as events:
        async for event in events:
            if isinstance(event, until):
                break
    assert lights.reports == [("small", "", False, True)]
