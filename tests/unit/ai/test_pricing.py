from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ai.pricing import cost_of
from ai.types import ModelPrice, ModelSpec, ProviderSpec, Usage

OPENAI = ProviderSpec(name="openai", kind="openai", base_url=None, api_key_setting=None, price_source="openai")
MODEL = ModelSpec(
    name="gpt-5.4-mini",
    provider=OPENAI,
    context_window=1,
    max_output_tokens=1,
    capabilities=frozenset(),
)
USAGE = Usage(input_tokens=1000, cache_read_tokens=100, output_tokens=10)
FREE = ModelPrice(input=Decimal(0), output=Decimal(0), cache_read=Decimal(0), cache_write=Decimal(0))


def test_library_price() -> None:
    cost = cost_of(USAGE, MODEL)
    assert cost is not None
    rates = {kind: Decimal(rate) for kind, rate in cost.price["per_million"].items() if rate is not None}
    expected = 1000 * rates["input"] + 100 * rates["cache_read"] + 10 * rates["output"]
    assert cost.usd == expected / 1_000_000 > 0
    assert cost.price["source"] == "genai-prices"
    assert cost.price["version"]


def test_frozen_rate_is_the_tier_that_applied() -> None:
    small, large = (
        cost_of(Usage(input_tokens=tokens), replace(MODEL, name="gpt-6-luna")) for tokens in (1000, 1_000_000)
    )
    assert small is not None
    assert large is not None
    assert Decimal(large.price["per_million"]["input"]) > Decimal(small.price["per_million"]["input"])
    assert large.usd == Decimal(large.price["per_million"]["input"])


def test_own_price_goes_first() -> None:
    own = replace(FREE, input=Decimal(3), cache_read=Decimal(1), cache_write=Decimal(2), output=Decimal(5))
    cost = cost_of(replace(USAGE, cache_write_tokens=50), replace(MODEL, price=own))
    assert cost is not None
    assert cost.usd == Decimal(3000 + 100 + 100 + 50) / 1_000_000
    assert cost.price == {
        "source": "catalogue",
        "per_million": {"input": "3", "output": "5", "cache_read": "1", "cache_write": "2"},
    }


def test_free_is_zero_and_unknown_is_none() -> None:
    free = cost_of(USAGE, replace(MODEL, price=FREE))
    assert free is not None
    assert free.usd == 0
    assert cost_of(USAGE, replace(MODEL, name="nobody-knows")) is None
    assert cost_of(USAGE, replace(MODEL, provider=replace(OPENAI, price_source=None))) is None


def test_what_the_library_cannot_take_is_unknown_and_told(caplog: pytest.LogCaptureFixture) -> None:
    assert cost_of(Usage(input_tokens=-1), MODEL) is None
    assert "gpt-5.4-mini" in caplog.text
