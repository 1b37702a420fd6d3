from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from ai.errors import ConfigurationError
from ai.providers import client_for, close_clients
from ai.types import ProviderSpec

SPEC = ProviderSpec(name="a", kind="openai", base_url="http://127.0.0.1:1/v1", api_key_setting="LINTEL_OPENAI_API_KEY")


async def test_one_client_per_place_and_key(settings: Settings) -> None:
    first = client_for(SPEC)
    assert client_for(SPEC) is first
    settings.LINTEL_OPENAI_API_KEY = "sk-other"
    assert client_for(SPEC) is not first
    await close_clients()
    assert client_for(SPEC) is not first
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
