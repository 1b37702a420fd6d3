"""Our own adapters keep the contract that adapters of others are held to."""

from __future__ import annotations

from ai.providers import Provider, registry
from ai.providers.contract import KEY, ProviderContract
from ai.providers.fake import FakeProvider


class TestOpenAI(ProviderContract):
    def provider(self, fake: FakeProvider) -> Provider:
        return registry.builder_for("openai")(base_url=fake.openai_url, api_key=KEY)


class TestAnthropic(ProviderContract):
    def provider(self, fake: FakeProvider) -> Provider:
        return registry.builder_for("anthropic")(base_url=fake.url, api_key=KEY)
