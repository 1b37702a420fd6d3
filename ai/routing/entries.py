"""Providers, models and prices as the catalogue's file has them, and each row of its tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from django.conf import settings
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from ai.types import Capability, ModelPrice, ModelSpec, ProviderSpec

# What may be sent to a provider, or be called: settings of other kinds hold secrets of other kinds.
KEY_SETTING = r"^[A-Z][A-Z0-9_]*_API_KEY$"
URL_SETTING = r"^[A-Z][A-Z0-9_]*_(BASE|MODEL)_URL$"

Rate = Annotated[Decimal, Field(ge=0)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ProviderEntry(Entry):
    """``*_setting`` name Django settings, so that no key and no address of an installation stands in the file."""

    kind: str
    base_url: str | None = None
    base_url_setting: Annotated[str, StringConstraints(pattern=URL_SETTING)] | None = None
    api_key_setting: Annotated[str, StringConstraints(pattern=KEY_SETTING)] | None = None
    price_source: str | None = None
    demonstration: bool = False
    requests_per_minute: int | None = Field(default=None, gt=0)
    tokens_per_minute: int | None = Field(default=None, gt=0)

    def spec(self, name: str) -> ProviderSpec:
        return ProviderSpec(
            name=name,
            kind=self.kind,
            base_url=_url(self.base_url_setting) or self.base_url,
            api_key_setting=self.api_key_setting,
            price_source=self.price_source,
            demonstration=self.demonstration,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
        )

    def is_configured(self) -> bool:
        """One of the settings that it names is set; one that names none has all it needs in the file."""
        named = [name for name in (self.api_key_setting, self.base_url_setting) if name]
        return any(getattr(settings, name, None) for name in named) if named else self.base_url is not None


def _url(setting: str | None) -> str | None:
    value: str | None = getattr(settings, setting, None) if setting else None
    return value


class PriceEntry(Entry):
    """USD per million tokens, from that day (UTC) on."""

    since: date | None = Field(default=None, alias="from")
    input: Rate
    output: Rate
    cache_read: Rate
    cache_write: Rate

    def price(self) -> ModelPrice:
        return ModelPrice(**self.model_dump())


def in_order(prices: tuple[PriceEntry, ...]) -> tuple[PriceEntry, ...]:
    days = [price.since or date.min for price in prices]
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise ValueError("must stand in the order of their days, each with another 'from'")
    return prices


class ModelEntry(Entry):
    """``unpriced`` says that nobody knows the price, and that this is meant."""

    provider: str
    context_window: int = Field(gt=0)
    max_output_tokens: int = Field(gt=0)
    capabilities: frozenset[Capability] = frozenset()
    prices: Annotated[tuple[PriceEntry, ...], AfterValidator(in_order)] = Field(default=(), min_length=1)
    unpriced: bool = False
    reasoning_effort: str | None = None
    thinking: str | None = None
    thought_tokens: int = Field(default=0, ge=0)
    cache_from_tokens: int | None = Field(default=None, gt=0)
    first_text_s: float | None = Field(default=None, gt=0)
    token_factor: float = Field(default=1.0, gt=0)
    requests_per_minute: int | None = Field(default=None, gt=0)
    tokens_per_minute: int | None = Field(default=None, gt=0)

    def spec(self, name: str, provider: ProviderSpec) -> ModelSpec:
        ours = ("provider", "prices", "unpriced")
        given = {field: getattr(self, field) for field in type(self).model_fields if field not in ours}
        return ModelSpec(name=name, provider=provider, prices=tuple(price.price() for price in self.prices), **given)
