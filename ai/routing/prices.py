"""What each model costs today, who says so, and since when."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ai.pricing import KINDS, cost_of
from ai.routing.answerers import models
from ai.routing.current import entry_of
from ai.routing.entries import ModelEntry, ProviderEntry
from ai.routing.snapshot import Catalogue
from ai.routing.tables import LLMModel
from ai.types import JSON, ModelSpec, Usage

SOME = Usage(input_tokens=1, output_tokens=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceToday:
    """USD per million tokens of each kind; without rates nobody knows. ``since`` is empty where no day is said."""

    model: str
    provider: str
    rates: JSON = field(default_factory=dict)
    source: str = "unknown"
    since: str = ""

    def rate(self, kind: str) -> str:
        said = self.rates.get(kind)
        return "-" if said is None else f"{Decimal(said).normalize():f}"


def prices(catalogue: Catalogue) -> list[PriceToday]:
    """Of every model, configured or not. A price that nobody knows, and that is meant so, says that."""
    return [price_today(spec, unpriced=_meant(spec, catalogue)) for spec in models(catalogue)]


def _meant(spec: ModelSpec, catalogue: Catalogue) -> bool:
    """The models of LINTEL_MODELS are known by nothing but their names."""
    return spec.name not in catalogue.models or catalogue.models[spec.name].unpriced


def price_today(spec: ModelSpec, *, unpriced: bool = False) -> PriceToday:
    cost = cost_of(SOME, spec)
    if cost is None or unpriced:
        source = "none, as is meant" if unpriced else "unknown"
        return PriceToday(model=spec.name, provider=spec.provider.name, source=source)
    source = " ".join(str(cost.price[part]) for part in ("source", "version") if part in cost.price)
    return PriceToday(
        model=spec.name,
        provider=spec.provider.name,
        rates=cost.price["per_million"],
        source=source,
        since=str(cost.price.get("from", "")),
    )


def price_of_row(row: LLMModel) -> PriceToday:
    return price_today(spec_of(row), unpriced=row.unpriced)


def spec_of(row: LLMModel) -> ModelSpec:
    """As requests accepted from now on would see it."""
    provider = entry_of(ProviderEntry, row.provider.content)
    entry = entry_of(ModelEntry, {**row.content, "provider": row.provider_id})
    return entry.spec(row.name, provider.spec(row.provider_id))


def table_of(found: list[PriceToday]) -> list[str]:
    """Lines for a terminal."""
    rows = [["model", "provider", *KINDS, "source", "since"]]
    rows += [
        [each.model, each.provider, *(each.rate(kind) for kind in KINDS), each.source, each.since or "-"]
        for each in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
