from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from ai.errors import ConfigurationError, ConnectionFailed
from ai.providers import client_for, close_clients
from ai.providers.fake import FakeProvider, Script
from ai.types import Completed, ProviderSpec, TextDelta
from tests.unit.ai.providers.calling import call, read

SPEC = ProviderSpec(name="a", kind="openai", base_url="http://127.0.0.1:1/v1", api_key_setting="LINTEL_OPENAI_API_KEY")


async def test_one_client_per_place_and_key(settings: Settings) -> None:
    first = client_for(SPEC)
    assert client_for(SPEC) is first
    settings.LINTEL_OPENAI_API_KEY = "sk-other"
    assert client_for(SPEC) is not first
    await close_clients()
    assert client_for(SPEC) is not first
    await close_clients()


async def test_key_is_asked_for_at_each_call(settings: Settings) -> None:
    keys = iter(["sk-one", "sk-one", "sk-two"])
    settings.LINTEL_OPENAI_API_KEY = lambda: next(keys)
    first = client_for(SPEC)
    assert client_for(SPEC) is first
    assert client_for(SPEC) is not first
    await close_clients()


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_calls_under_way_outlive_their_key(fake: FakeProvider, settings: Settings, kind: str) -> None:
    settings.LINTEL_OPENAI_API_KEY = "sk-old"
    fake.scripts.push(Script(text="a long answer", chunk_delay_s=0.02), Script(text="by the new key"))
    asked = call(fake.url if kind == "anthropic" else fake.openai_url, kind=kind)
    keyed = replace(asked.model.provider, api_key_setting="LINTEL_OPENAI_API_KEY")
    asked = replace(asked, model=replace(asked.model, provider=keyed))
    old = client_for(keyed)
    answer = old.stream(asked)
    begun = await anext(answer)

    settings.LINTEL_OPENAI_API_KEY = "sk-new"
    assert client_for(keyed) is not old
    assert (await read(asked))[0] == "by the new key"
    rest = [event async for event in answer]

    assert isinstance(begun, TextDelta)
    assert begun.text + "".join(event.text for event in rest if isinstance(event, TextDelta)) == "a long answer"
    assert isinstance(rest[-1], Completed)
    with pytest.raises((RuntimeError, ConnectionFailed)):
        await anext(old.stream(asked))


async def test_client_of_an_old_key_is_closed_at_once_where_nothing_runs(settings: Settings) -> None:
    settings.LINTEL_OPENAI_API_KEY = "sk-old"
    old = client_for(SPEC)
    settings.LINTEL_OPENAI_API_KEY = "sk-new"
    client_for(SPEC)
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="closed"):
        await anext(old.stream(call("http://127.0.0.1:1/v1")))
    await close_clients()


async def test_keys_are_not_shown(settings: Settings) -> None:
    settings.LINTEL_OPENAI_API_KEY = "sk-hidden"
    assert "sk-hidden" not in repr(client_for(SPEC))
    await close_clients()


async def test_unknown_kind_is_named() -> None:
    with pytest.raises(ConfigurationError, match="'pigeon'"):
        client_for(replace(SPEC, kind="pigeon"))


@pytest.mark.parametrize(
    ("modules", "banned"),
    [
        ("ai.engine, ai.providers", {"openai", "anthropic"}),
        ("ai.routing, ai.tokens", {"openai", "httpx2", "genai_prices"}),
    ],
)
def test_no_sdk_is_loaded_before_the_first_call(modules: str, banned: set[str]) -> None:
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not banned & set(loaded)
