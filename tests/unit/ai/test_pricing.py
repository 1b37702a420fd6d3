from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
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
    cost = cost_of(replace(USAGE, cache_write_tokens=50), replace(MODEL, prices=(own,)))
    assert cost is not None
    assert cost.usd == Decimal(3000 + 100 + 100 + 50) / 1_000_000
    assert cost.price == {
        "source": "catalogue",
        "per_million": {"input": "3", "output": "5", "cache_read": "1", "cache_write": "2"},
    }


def test_free_is_zero_and_unknown_is_none() -> None:
    free = cost_of(USAGE, replace(MODEL, prices=(FREE,)))
    assert free is not None
    assert free.usd == 0
    assert cost_of(USAGE, replace(MODEL, name="nobody-knows")) is None
    assert cost_of(USAGE, replace(MODEL, provider=replace(OPENAI, price_source=None))) is None


def test_what_used_nothing_cost_nothing_though_nobody_knows_its_price() -> None:
    """A call that was turned down leaves the cost of its request known."""
    cost = cost_of(Usage(), replace(MODEL, name="nobody-knows"))
    assert cost is not None
    assert cost.usd == 0


@pytest.mark.parametrize(
    ("address", "name", "known"),
    [
        ("https://api.openai.com/v1", "gpt-6-luna", True),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "gemini-3.5-flash", True),
        ("http://127.0.0.1:11434/v1", "gpt-6-luna", False),
        ("https://proxy.example.org/v1", "gpt-6-luna", False),
    ],
)
def test_price_is_that_of_whose_address_it_is(address: str, name: str, known: bool) -> None:
    there = replace(OPENAI, price_source=None, base_url=address)
    assert (cost_of(USAGE, replace(MODEL, name=name, provider=there)) is not None) is known


@pytest.mark.parametrize(("hour", "rate"), [(23, "1"), (24, "2"), (48, "3")])
def test_own_price_is_that_of_the_day(hour: int, rate: str) -> None:
    """Days are those of UTC, wherever the clock stands."""
    first_of_may = datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=-5))) - timedelta(hours=5)
    days = (None, date(2026, 5, 2), date(2026, 5, 3))
    prices = tuple(replace(FREE, since=day, input=Decimal(number)) for number, day in enumerate(days, 1))
    cost = cost_of(USAGE, replace(MODEL, prices=prices), at=first_of_may + timedelta(hours=hour))
    assert cost is not None
    assert cost.price["per_million"]["input"] == rate
    assert cost.price.get("from") == (days[int(rate) - 1] and str(days[int(rate) - 1]))


def test_library_holds_before_the_first_own_price() -> None:
    later = replace(FREE, since=date(2026, 5, 2))
    before = cost_of(USAGE, replace(MODEL, prices=(later,)), at=datetime(2026, 5, 1, tzinfo=UTC))
    assert before is not None
    assert before.price["source"] == "genai-prices"


def test_library_price_is_that_of_the_day() -> None:
    luna = replace(MODEL, name="gpt-5.6-luna")
    july, today = (cost_of(USAGE, luna, at=datetime(2026, month, 1, tzinfo=UTC)) for month in (7, 11))
    assert july is not None
    assert today is not None
    assert july.usd > today.usd


def test_cache_writes_cost_what_five_minutes_cost() -> None:
    claude = replace(MODEL, name="claude-sonnet-5-5", provider=replace(OPENAI, price_source="anthropic"))
    cost = cost_of(Usage(cache_write_tokens=1_000_000), claude)
    assert cost is not None
    assert cost.usd == Decimal(cost.price["per_million"]["cache_write"]) == Decimal("2.5")


def test_what_the_library_cannot_take_is_unknown_and_told(caplog: pytest.LogCaptureFixture) -> None:
    assert cost_of(Usage(input_tokens=-1), MODEL) is None
    assert "gpt-5.4-mini" in caplog.text
