"""The models that may answer: those of a route whose provider is there, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ai.errors import ConfigurationError
from ai.routing.current import current
from ai.routing.entries import ModelEntry
from ai.routing.own import PROVIDER as OWN_PROVIDER
from ai.routing.own import all_own_models, own_entry, own_models
from ai.routing.snapshot import Catalogue, Route, in_order
from ai.types import ModelSpec, ProviderSpec


def model_for(
    *actions: str,
    priority: str = "balanced",
    level: int | None = None,
    seed: UUID | None = None,
    catalogue: Catalogue | None = None,
) -> tuple[ModelSpec, ...]:
    """The models that may answer, the preferred one first; empty where no provider is configured.

    ``actions`` are names of one thing, the most particular first: a prompt's key, its route. ``seed``, the request's
    id, draws among models that share a tier. The catalogue is that of now unless another is given.
    """
    catalogue = catalogue or current()
    route = catalogue.route(actions, level=level, priority=priority)
    return () if route is None else answerers(route, catalogue, seed=seed)


def answerers(route: Route, catalogue: Catalogue, *, seed: UUID | None = None) -> tuple[ModelSpec, ...]:
    """The demonstration model stands in only where nothing else of the route is configured."""
    names: Sequence[str] = own_models(route.size) or in_order(route.tiers, seed)
    known = [model(name, catalogue) for name in names if _is_known(name, catalogue)]
    configured = [spec for spec in known if catalogue.providers[spec.provider.name].is_configured()]
    real = tuple(spec for spec in configured if not spec.provider.demonstration)
    return real or tuple(configured)


def _is_known(name: str, catalogue: Catalogue) -> bool:
    """What was turned off, and our own models where the provider that has them was, are passed over."""
    return name in catalogue.models or (name in all_own_models() and OWN_PROVIDER in catalogue.providers)


def models(catalogue: Catalogue | None = None) -> tuple[ModelSpec, ...]:
    """All that are named anywhere, configured or not."""
    catalogue = catalogue or current()
    return tuple(model(name, catalogue) for name in dict.fromkeys([*catalogue.models, *all_own_models()]))


def model(name: str, catalogue: Catalogue | None = None) -> ModelSpec:
    """Raises ConfigurationError where there is none of that name."""
    catalogue = catalogue or current()
    entry = _entry(name, catalogue)
    return entry.spec(name, catalogue.providers[entry.provider].spec(entry.provider))


def _entry(name: str, catalogue: Catalogue) -> ModelEntry:
    """The catalogue's; where its provider is not there, one of our own models may have the same name elsewhere."""
    listed = catalogue.models.get(name)
    if listed is not None and catalogue.providers[listed.provider].is_configured():
        return listed
    if name in all_own_models():
        return own_entry(catalogue.providers)
    if listed is None:
        raise ConfigurationError(f"The catalogue has no model {name!r}.")
    return listed


def available_providers(catalogue: Catalogue | None = None) -> tuple[ProviderSpec, ...]:
    """Those that have an address or a key."""
    catalogue = catalogue or current()
    return tuple(entry.spec(name) for name, entry in catalogue.providers.items() if entry.is_configured())
