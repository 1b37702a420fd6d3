"""The format of the catalogue's file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ai.types import Capability, ModelPrice, ModelSpec, ProviderSpec
from ai.yaml_source import Step

DEFAULT_ROUTE = "default"

Rate = Annotated[Decimal, Field(ge=0)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ProviderEntry(_Entry):
    """``*_setting`` name Django settings, so that no key and no address of an installation stands in the file."""

    kind: str
    base_url: str | None = None
    base_url_setting: str | None = None
    api_key_setting: str | None = None
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


class PriceEntry(_Entry):
    """USD per million tokens, from that day (UTC) on."""

    since: date | None = Field(default=None, alias="from")
    input: Rate
    output: Rate
    cache_read: Rate
    cache_write: Rate

    def price(self) -> ModelPrice:
        return ModelPrice(**self.model_dump())


class ModelEntry(_Entry):
    provider: str
    context_window: int = Field(gt=0)
    max_output_tokens: int = Field(gt=0)
    capabilities: frozenset[Capability] = frozenset()
    prices: tuple[PriceEntry, ...] = Field(default=(), min_length=1)
    reasoning_effort: str | None = None
    thinking: str | None = None
    thought_tokens: int = Field(default=0, ge=0)
    cache_from_tokens: int | None = Field(default=None, gt=0)
    first_text_s: float | None = Field(default=None, gt=0)
    token_factor: float = Field(default=1.0, gt=0)
    requests_per_minute: int | None = Field(default=None, gt=0)
    tokens_per_minute: int | None = Field(default=None, gt=0)

    @field_validator("prices")
    @classmethod
    def _in_order(cls, prices: tuple[PriceEntry, ...]) -> tuple[PriceEntry, ...]:
        days = [price.since or date.min for price in prices]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError("must stand in the order of their days, each with another 'from'")
        return prices

    def spec(self, name: str, provider: ProviderSpec) -> ModelSpec:
        given = {
            field: getattr(self, field) for field in type(self).model_fields if field not in ("provider", "prices")
        }
        return ModelSpec(name=name, provider=provider, prices=tuple(price.price() for price in self.prices), **given)


class RouteEntry(_Entry):
    """Which size answers requests of each priority."""

    balanced: str
    fast: str | None = None
    quality: str | None = None

    def size(self, priority: str) -> str:
        wanted: str | None = getattr(self, priority)
        return wanted or self.balanced


class Catalogue(_Entry):
    providers: dict[str, ProviderEntry]
    models: dict[str, ModelEntry]
    sizes: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]]
    routes: dict[str, RouteEntry]

    def route(self, action: str) -> RouteEntry:
        return self.routes.get(action) or self.routes[DEFAULT_ROUTE]

    def dangling(self) -> Iterator[tuple[tuple[Step, ...], str]]:
        """Names that stand for nothing: the key where each stands, and what it is."""
        for name, entry in self.models.items():
            if entry.provider not in self.providers:
                yield ("models", name, "provider"), f"there is no provider {entry.provider!r}"
        for size, names in self.sizes.items():
            for position, wanted in enumerate(names):
                if wanted not in self.models:
                    yield ("sizes", size, position), f"there is no model {wanted!r}"
        yield from self._dangling_routes()

    def _dangling_routes(self) -> Iterator[tuple[tuple[Step, ...], str]]:
        for name, route in self.routes.items():
            for priority in RouteEntry.model_fields:
                wanted = getattr(route, priority)
                if wanted is not None and wanted not in self.sizes:
                    yield ("routes", name, priority), f"there is no size {wanted!r}"
        if DEFAULT_ROUTE not in self.routes:
            yield ("routes", DEFAULT_ROUTE), "missing"
