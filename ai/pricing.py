"""What a call cost: canonical usage to dollars, with the price as it was then."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from decimal import Decimal

import genai_prices
from genai_prices.types import ModelPrice as LibraryPrice
from genai_prices.types import TieredPrices

from ai.types import JSON, ModelPrice, ModelSpec, Usage

MILLION = Decimal(1_000_000)
KINDS = ("input", "output", "cache_read", "cache_write")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """``price`` is what a usage row freezes: where the rates came from, and USD per million tokens of each kind."""

    usd: Decimal
    price: JSON


def cost_of(usage: Usage, model: ModelSpec) -> Cost | None:
    """None where nobody knows the price. The catalogue's own price goes before the library's."""
    if model.price is not None:
        return _own_cost(usage, model.price)
    if model.provider.price_source is None:
        return None
    try:
        return _library_cost(usage, model.name, provider=model.provider.price_source)
    except LookupError:  # a model that the library does not list
        return None
    except Exception:  # whatever else it finds fault with: a call must be closed, with or without its price
        log.exception("The price of a call of %s could not be found.", model.name)
        return None


def _own_cost(usage: Usage, price: ModelPrice) -> Cost:
    usd = (
        usage.input_tokens * price.input
        + usage.output_tokens * price.output
        + usage.cache_read_tokens * price.cache_read
        + usage.cache_write_tokens * price.cache_write
    ) / MILLION
    rates = {kind: str(getattr(price, kind)) for kind in KINDS}
    return Cost(usd=usd, price={"source": "catalogue", "per_million": rates})


def _library_cost(usage: Usage, model: str, *, provider: str) -> Cost:
    input_tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    # The library's input includes cached tokens; ours does not.
    theirs = genai_prices.Usage(
        input_tokens=input_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )
    found = genai_prices.calc_price(theirs, model, provider_id=provider)
    price = {
        "source": "genai-prices",
        "version": genai_prices.__version__,
        "provider": found.provider.id,
        "model": found.model.id,
        "per_million": _rates(found.model_price, input_tokens),
    }
    return Cost(usd=found.total_price, price=price)


def _rates(price: LibraryPrice, input_tokens: int) -> dict[str, str | None]:
    return {kind: _rate(getattr(price, f"{kind}_mtok"), input_tokens) for kind in KINDS}


def _rate(price: Decimal | TieredPrices | None, input_tokens: int) -> str | None:
    """The rate that applied: past a tier's start, all tokens of a call cost that tier's price."""
    if isinstance(price, TieredPrices):
        passed = [tier.price for tier in price.tiers if input_tokens > tier.start]
        price = passed[-1] if passed else price.base
    return None if price is None else str(price)
