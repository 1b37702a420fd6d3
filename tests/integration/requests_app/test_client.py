"""The front door for commands: every call is held for, logged and settled, however it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import redis
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from accounts.models import User
from ai import client
from ai.errors import CallFailed, ConfigurationError, InsideHandler, Overloaded, ProviderError
from ai.models import LLMModel, LLMUsageLog, ModelRoute
from ai.providers.fake import FakeProvider, Script, fake_provider, fault
from ai.routing import model
from ai.traffic import Chosen, Cooling, SharedTraffic, away_until, key_of, limits_of
from ai.types import ModelSpec, Usage
from config.request_id import RequestIdMiddleware
from requests_app.errors import BudgetExceeded
from requests_app.models import BudgetHold, BudgetWindow, HoldState, TokenBudget

MODEL = "smollm2-135m-instruct"


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDED_MODEL_URL = fake.openai_url
        settings.LINTEL_CONTENT_IDLE_SECONDS = 20.0
        yield fake


@pytest.fixture
def who(alice: User) -> dict[str, Any]:
    return {"user": alice.pk, "team": alice.personal_team.pk}


def used_and_held() -> tuple[int, int]:
    window = BudgetWindow.objects.get()
    return int(window.used), int(window.held)


def recorded() -> int:
    return sum(row.tokens for row in LLMUsageLog.objects.all())


def all_is_settled() -> bool:
    return used_and_held() == (recorded(), 0) and BudgetHold.objects.get().state == HoldState.SETTLED


def test_an_answer_says_what_it_took(fake: FakeProvider, who: dict[str, Any]) -> None:
    fake.scripts.push(Script(text="The quay was rebuilt."))
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What happened?"}]
    done = client.sync_completion("summaries", messages, **who, object_id="ticket-7", metadata={"desk": "north"})
    assert (done.content, done.value, done.model, done.provider) == ("The quay was rebuilt.", None, MODEL, "embedded")
    row = LLMUsageLog.objects.get(reference=done.reference)
    assert (row.prompt_key, row.object_id, row.metadata) == ("summaries", "ticket-7", {"desk": "north"})
    assert (row.subject, row.scope) == (who["user"], who["team"])
    assert (done.usage, done.cost, done.cached) == (row.usage, row.cost_usd, False)
    assert all_is_settled()
    with pytest.raises(AttributeError):
        done.content = "another"  # type: ignore[misc]


def test_a_schema_gives_a_value(fake: FakeProvider, who: dict[str, Any]) -> None:
    fake.scripts.push(Script(text='```json\n{"kind": "bug"}\n```', cached_tokens=3))
    schema = {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}
    done = client.sync_completion("classification", "It broke.", **who, schema=schema)
    assert (done.value, done.cached) == ({"kind": "bug"}, True)


def test_text_comes_as_it_is_written(fake: FakeProvider, who: dict[str, Any]) -> None:
    fake.scripts.push(Script(chunks=("The ", "quay.")))
    assert list(client.sync_completion_stream("summaries", "What?", **who)) == ["The ", "quay."]
    assert all_is_settled()


def test_whoever_stops_listening_pays_for_what_came(fake: FakeProvider, who: dict[str, Any]) -> None:
    fake.scripts.push(Script(chunks=("The ", "quay."), ending="hang"))
    stream = client.sync_completion_stream("summaries", "What?", **who)
    assert next(stream) == "The "
    stream.close()  # type: ignore[attr-defined]
    row = LLMUsageLog.objects.get()
    assert row.estimated
    assert row.output_tokens > 0
    assert all_is_settled()


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """As on a terminal, also where the tests were started in a shell's background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupted_command_pays_for_what_came(fake: FakeProvider, who: dict[str, Any]) -> None:
    fake.scripts.push(Script(chunks=("The ",), ending="hang"))

    def interrupt() -> None:
        while not fake.ledger.calls:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        client.sync_completion("summaries", "What?", **who)
    thread.join()
    assert LLMUsageLog.objects.get().estimated
    assert all_is_settled()


@pytest.fixture
def two_models(db: None, settings: Settings, fake: FakeProvider) -> None:
    settings.LINTEL_OPENAI_BASE_URL = fake.openai_url
    ModelRoute.objects.create(action="summaries", tiers=[{"gpt-6-luna": 1}, {"gpt-6.1-terra": 1}])


@pytest.mark.usefixtures("two_models")
class TestFallback:
    def test_another_model_answers_where_that_is_wanted(self, fake: FakeProvider, who: dict[str, Any]) -> None:
        fake.scripts.push(Script(status=400), Script(text="Yes."))
        done = client.sync_completion_with_fallback("summaries", "Well?", **who)
        assert (done.content, done.model) == ("Yes.", "gpt-6.1-terra")
        assert list(LLMUsageLog.objects.order_by("attempt").values_list("model", flat=True)) == [
            "gpt-6-luna",
            "gpt-6.1-terra",
        ]
        assert all_is_settled()

    def test_and_none_where_it_is_not(self, fake: FakeProvider, who: dict[str, Any]) -> None:
        fake.scripts.push(Script(status=400), Script(text="Yes."))
        with pytest.raises(CallFailed) as failed:
            client.sync_completion("summaries", "Well?", **who)
        assert failed.value.code == "provider_rejected"
        assert all_is_settled()

    def test_one_of_the_route_may_be_chosen(self, fake: FakeProvider, who: dict[str, Any]) -> None:
        assert client.sync_completion("summaries", "Well?", **who, model="gpt-6.1-terra").model == "gpt-6.1-terra"
        with pytest.raises(ConfigurationError):
            client.sync_completion("summaries", "Well?", **who, model=MODEL)

    def test_a_price_that_nobody_knows_is_not_zero(self, fake: FakeProvider, who: dict[str, Any]) -> None:
        assert client.sync_completion("summaries", "Well?", **who).cost is None
        assert client.get_usage_stats().unpriced == 1


@pytest.mark.usefixtures("two_models")
class TestBreakers:
    @pytest.fixture(autouse=True)
    def heeded(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        settings.LINTEL_BREAKER_CALLS = 5
        monkeypatch.setattr("ai.resilience.BACKOFF_SECONDS", (0.0, 0.0))
        with redis.Redis.from_url(settings.CACHE_URL) as shared:
            yield
            shared.delete(*[key_of(model(name)) for name in ("gpt-6-luna", "gpt-6.1-terra")])
        away_until.clear()

    def test_what_requests_have_opened_stops_a_call(
        self, fake: FakeProvider, who: dict[str, Any], settings: Settings
    ) -> None:
        asyncio.run(reported(settings.CACHE_URL, model("gpt-6-luna"), *[Overloaded("529")] * 5))
        with pytest.raises(CallFailed) as failed:
            client.sync_completion("summaries", "Well?", **who)
        assert failed.value.code == "provider_unavailable"
        assert not fake.ledger.calls
        assert not BudgetHold.objects.exists()
        assert client.sync_completion_with_fallback("summaries", "Well?", **who).model == "gpt-6.1-terra"

    def test_calls_that_fail_count(self, fake: FakeProvider, who: dict[str, Any], settings: Settings) -> None:
        fake.scripts.default = Script(status=529)
        for _call in range(4):
            with pytest.raises(CallFailed):
                client.sync_completion("summaries", "Well?", **who)
        # Two each, and none once it is open: of the fifth's end the sixth may not know yet, for it is told meanwhile.
        assert 5 <= len(fake.ledger.calls) <= 6
        assert isinstance(asyncio.run(chosen(settings.CACHE_URL, model("gpt-6-luna"))), Cooling)

    @pytest.mark.parametrize("status", [400, 413])
    def test_bad_input_does_not(self, fake: FakeProvider, who: dict[str, Any], settings: Settings, status: int) -> None:
        fake.scripts.default = Script(status=status)
        for _call in range(7):
            with pytest.raises(CallFailed):
                client.sync_completion("summaries", "Well?", **who)
        assert len(fake.ledger.calls) == 7
        assert asyncio.run(chosen(settings.CACHE_URL, model("gpt-6-luna"))) == Chosen(index=0)

    def test_limits_hold_too(self, fake: FakeProvider, who: dict[str, Any], settings: Settings) -> None:
        LLMModel.objects.filter(name="gpt-6-luna").update(requests_per_minute=1)
        models = [client.sync_completion_with_fallback("summaries", "Well?", **who).model for _call in range(2)]
        assert models == ["gpt-6-luna", "gpt-6.1-terra"]
        with redis.Redis.from_url(settings.CACHE_URL) as shared:
            shared.delete(*limits_of(model("gpt-6-luna"), 1))

    def test_without_redis_it_calls(self, fake: FakeProvider, who: dict[str, Any], settings: Settings) -> None:
        settings.CACHE_URL = "redis://127.0.0.1:1/0"
        assert client.sync_completion("summaries", "Well?", **who).model == "gpt-6-luna"


async def reported(url: str, called: ModelSpec, *errors: ProviderError) -> None:
    """As a worker does of its requests' calls."""
    traffic = SharedTraffic(url)
    for error in errors:
        traffic.report(called, error, answered=False, probe=False)
        await traffic.reported()
    await traffic.close()


async def chosen(url: str, wanted: ModelSpec) -> Chosen | Cooling:
    """What a worker would hear."""
    traffic = SharedTraffic(url)
    choice = await traffic.choose([wanted], tokens=1)
    await traffic.close()
    return choice


def test_a_retry_is_paid_for_too(fake: FakeProvider, who: dict[str, Any]) -> None:
    fake.scripts.push(fault("cut", text="lost"), Script(text="kept"))
    with pytest.raises(CallFailed) as failed:  # two texts are never glued
        client.sync_completion("summaries", "Well?", **who)
    assert failed.value.code == "incomplete"
    fake.scripts.push(Script(status=500), Script(text="kept"))
    assert client.sync_completion("summaries", "Well?", **who).content == "kept"
    assert used_and_held() == (recorded(), 0)
    assert LLMUsageLog.objects.count() >= 2


def test_without_room_no_call_is_made(fake: FakeProvider, who: dict[str, Any]) -> None:
    TokenBudget.objects.create(user_id=who["user"], limit=Decimal(10))
    with pytest.raises(BudgetExceeded):
        client.sync_completion("summaries", "Well?", **who)
    assert not fake.ledger.calls
    assert not BudgetHold.objects.exists()


@pytest.mark.usefixtures("committed")
class TestAsync:
    async def test_answers_too(self, fake: FakeProvider, dora: dict[str, Any]) -> None:
        fake.scripts.push(Script(text="Yes."), Script(text="No."))
        assert (await client.completion("summaries", "Well?", **dora)).content == "Yes."
        assert (await client.completion_with_fallback("summaries", "Well?", **dora)).content == "No."

    async def test_cancelled_it_stops_and_pays(self, fake: FakeProvider, dora: dict[str, Any]) -> None:
        fake.scripts.push(Script(chunks=("The ",), ending="hang"))
        task = asyncio.create_task(client.completion("summaries", "Well?", **dora))
        while not fake.ledger.calls:  # noqa: ASYNC110 - it serves on a loop of its own
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(all_is_settled)

    @pytest.fixture
    def dora(self) -> dict[str, Any]:
        user = User.objects.create_user("dora")
        return {"user": user.pk, "team": user.personal_team.pk}


def test_inside_a_handler_it_refuses_and_names_the_way(fake: FakeProvider, who: dict[str, Any]) -> None:
    said: list[str] = []

    def view(_request: HttpRequest) -> HttpResponse:
        for ask in (client.sync_completion, client.sync_completion_with_fallback, client.sync_completion_stream):
            with pytest.raises(InsideHandler) as refused:
                ask("summaries", "Well?", **who)
            said.append(str(refused.value))
        with pytest.raises(InsideHandler):
            asyncio.run(client.completion("summaries", "Well?", **who))
        return HttpResponse()

    RequestIdMiddleware(view)(RequestFactory().get("/"))
    assert len(said) == 3
    assert all("requests_app.intake.accept" in words for words in said)
    assert not fake.ledger.calls
    client.sync_completion("summaries", "Well?", **who)  # outside again


def test_statistics_are_those_of_the_log(fake: FakeProvider, who: dict[str, Any], bob: User) -> None:
    fake.scripts.push(Script(text="Yes.", cached_tokens=2))
    first = client.sync_completion("summaries", "Well?", **who)
    client.sync_completion("summaries", "Well?", **who)
    stats = client.get_usage_stats(user=who["user"])
    assert (stats.requests, stats.hits, stats.misses, stats.hit_rate) == (2, 1, 1, 0.5)
    assert (stats.tokens, stats.cost, stats.models_used) == (recorded(), Decimal(0), {MODEL: 2})
    row = LLMUsageLog.objects.exclude(reference=first.reference).get()
    assert client.get_usage_stats(since=row.created, team=who["team"]).requests == 1
    nobodys = client.get_usage_stats(user=bob.pk)
    assert (nobodys.requests, nobodys.cost, nobodys.hit_rate, nobodys.models_used) == (0, Decimal(0), None, {})


@pytest.mark.parametrize("text", ["", "word " * 50, "<|endoftext|><|im_start|>", "\ud800\x00", "🦊" * 9], ids=ascii)
def test_tokens_of_any_text_are_counted(db: None, text: str) -> None:
    assert client.count_tokens(text) == client.count_tokens(text, MODEL) >= bool(text)
    assert client.count_messages_tokens(text, MODEL) > client.count_tokens(text, MODEL)


def test_costs_before_and_after(db: None) -> None:
    most = client.estimate_cost("Well?", "claude-sonnet-5-5", max_tokens=1000)
    usage = Usage(input_tokens=1_000_000, output_tokens=100_000)
    assert client.calculate_chat_cost(usage, "claude-sonnet-5-5") == Decimal(3)
    assert most is not None
    assert Decimal("0.01") < most < Decimal("0.0101")
    assert client.estimate_cost("Well?", MODEL) == 0


def test_actions_and_tiers_are_known(db: None) -> None:
    assert client.check_action_code("classification")
    assert not client.check_action_code("no_such_action")
    assert [client.get_quality_level_for_tier(tier) for tier in ("freemium", "premium", "gold")] == [2, 8, 5]


@pytest.mark.parametrize("text", ['{"a": [1]}', 'Here:\n```json\n{"a": [1]}\n```\nDone.', "{'a': [1]}"])
def test_json_is_found(text: str) -> None:
    assert client.extract_json(text) == {"a": [1]}
