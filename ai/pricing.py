"""What a call cost: canonical usage to dollars, with the price as it was then."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
from genai_prices.types import ModelPrice as LibraryPrice
from genai_prices.types import PriceCalculation, TieredPrices

from ai.types import JSON, ModelPrice, ModelSpec, Usage

MILLION = Decimal(1_000_000)
KINDS = ("input", "output", "cache_read", "cache_write")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """``price`` is what a usage row freezes: where the rates came from, and USD per million tokens of each kind."""

    usd: Decimal
    price: JSON


def cost_of(usage: Usage, model: ModelSpec, *, at: datetime | None = None) -> Cost | None:
    """By the price that held when the call was made (now, unless told); None where nobody knows it.

    The catalogue's own price goes before the library's. What used nothing cost nothing, whatever its price.
    """
    at = at or datetime.now(UTC)
    if (own := _own_price(model, at)) is not None:
        return _own_cost(usage, own)
    if usage == Usage():
        return Cost(usd=Decimal(0), price={"source": "nothing used"})
    try:
        return _library_cost(usage, model, at)
    except LookupError:  # a model or an address that the library does not list
        return None
    except Exception:  # whatever else it finds fault with: a call must be closed, with or without its price
        log.exception("The price of a call of %s could not be found.", model.name)
        return None


def _own_price(model: ModelSpec, at: datetime) -> ModelPrice | None:
    today = at.astimezone(UTC).date()
    begun = [price for price in model.prices if price.since is None or price.since <= today]
    return begun[-1] if begun else None


def _own_cost(usage: Usage, price: ModelPrice) -> Cost:
    usd = (
        usage.input_tokens * price.input
        + usage.output_tokens * price.output
        + usage.cache_read_tokens * price.cache_read
        + usage.cache_write_tokens * price.cache_write
    ) / MILLION
    since = {} if price.since is None else {"from": price.since.isoformat()}
    rates = {kind: str(getattr(price, kind)) for kind in KINDS}
    return Cost(usd=usd, price={"source": "catalogue", **since, "per_million": rates})


def _library_cost(usage: Usage, model: ModelSpec, at: datetime) -> Cost:
    # The library's input includes cached tokens; ours does not. Its plain cache writes are those that are kept for the
    # shortest time on offer, Anthropic's five minutes; we ask for no others.
    input_tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    theirs = genai_prices.Usage(
        input_tokens=input_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )
    found = _found(theirs, model, at)
    price = {
        "source": "genai-prices",
        "version": genai_prices.__version__,
        "provider": found.provider.id,
        "model": found.model.id,
        "per_million": _rates(found.model_price, input_tokens),
    }
    return Cost(usd=found.total_price, price=price)


def _found(usage: genai_prices.Usage, model: ModelSpec, at: datetime) -> PriceCalculation:
    """Never without a seller: the library would then guess one by the model's name."""
    seller = model.provider
    if seller.price_source is not None:
        return genai_prices.calc_price(usage, model.name, provider_id=seller.price_source, genai_request_timestamp=at)
    if seller.base_url is None:
        raise LookupError(seller.name)
    return genai_prices.calc_price(usage, model.name, provider_api_url=seller.base_url, genai_request_timestamp=at)


def _rates(price: LibraryPrice, input_tokens: int) -> dict[str, str | None]:
    return {kind: _rate(getattr(price, f"{kind}_mtok"), input_tokens) for kind in KINDS}


def _rate(price: Decimal | TieredPrices | None, input_tokens: int) -> str | None:
    """The rate that applied: past a tier's start, all tokens of a call cost that tier's price."""
    if isinstance(price, TieredPrices):
        passed = [tier.price for tier in price.tiers if input_tokens > tier.start]
        price = passed[-1] if passed else price.base
    return None if price is None else str(price)
