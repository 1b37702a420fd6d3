from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from pytest_django.fixtures import Settings

from ai.errors import ConfigurationError
from ai.providers import client_for, close_clients, register_llm_provider, registry
from ai.types import Completed, ProviderCall, ProviderSpec, TextDelta
from tests.unit.ai.providers.calling import call


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_builders", dict(registry._builders))


class Pigeon:
    def __init__(self, *, base_url: str | None, api_key: str | None) -> None:
        self.base_url = base_url

    async def stream(self, asked: ProviderCall) -> AsyncGenerator[TextDelta | Completed, None]:
        yield TextDelta(text=f"carried to {self.base_url}")

    async def aclose(self) -> None:
        pass


async def test_registered_class_serves_its_kind() -> None:
    register_llm_provider("pigeon")(Pigeon)
    spec = ProviderSpec(name="loft", kind="pigeon", base_url="http://loft", api_key_setting=None)
    assert await anext(client_for(spec).stream(call("http://loft"))) == TextDelta(text="carried to http://loft")
    await close_clients()


def test_kind_is_known_by_its_setting_without_an_import(settings: Settings) -> None:
    settings.LINTEL_PROVIDERS = {"pigeon": "no.such.module"}
    assert registry.is_known("pigeon")
    assert not registry.is_known("owl")


def test_second_adapter_of_a_kind_is_refused() -> None:
    register_llm_provider("pigeon")(Pigeon)
    register_llm_provider("pigeon")(Pigeon)
    with pytest.raises(ConfigurationError, match="'pigeon'"):
        register_llm_provider("pigeon")(lambda *, base_url, api_key: Pigeon(base_url=base_url, api_key=api_key))


def test_module_that_registers_nothing_is_named(settings: Settings) -> None:
    settings.LINTEL_PROVIDERS = {"pigeon": "ai.tokens"}
    with pytest.raises(ConfigurationError, match=r"ai\.tokens"):
        registry.builder_for("pigeon")
