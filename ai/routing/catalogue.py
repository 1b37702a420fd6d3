"""The catalogue of providers, models and routes, read from YAML (``settings.LINTEL_CATALOGUE``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ai.errors import ConfigurationError, FileBroken, FileProblem
from ai.types import Capability, ModelPrice, ModelSpec, ProviderSpec
from ai.yaml_source import Source, Step

DEFAULT_ROUTE = "default"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProviderEntry(_Entry):
    """``*_setting`` name Django settings, so that no key and no address of an installation stands in the file."""

    kind: str
    base_url: str | None = None
    base_url_setting: str | None = None
    api_key_setting: str | None = None
    price_source: str | None = None
    demonstration: bool = False

    def spec(self, name: str) -> ProviderSpec:
        base_url = self.base_url or _setting(self.base_url_setting)
        return ProviderSpec(
            name=name,
            kind=self.kind,
            base_url=base_url,
            api_key_setting=self.api_key_setting,
            price_source=self.price_source,
            demonstration=self.demonstration,
        )


class PriceEntry(_Entry):
    """USD per million tokens."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cache_read: Decimal = Field(ge=0)
    cache_write: Decimal = Field(ge=0)


class ModelEntry(_Entry):
    provider: str
    context_window: int = Field(gt=0)
    max_output_tokens: int = Field(gt=0)
    capabilities: frozenset[Capability] = frozenset()
    price: PriceEntry | None = None
    reasoning_effort: str | None = None
    first_text_s: float | None = Field(default=None, gt=0)
    token_factor: float = Field(default=1.0, gt=0)

    def spec(self, name: str, provider: ProviderSpec) -> ModelSpec:
        return ModelSpec(
            name=name,
            provider=provider,
            context_window=self.context_window,
            max_output_tokens=self.max_output_tokens,
            capabilities=self.capabilities,
            price=None if self.price is None else ModelPrice(**self.price.model_dump()),
            reasoning_effort=self.reasoning_effort,
            first_text_s=self.first_text_s,
            token_factor=self.token_factor,
        )


class RouteEntry(_Entry):
    balanced: tuple[str, ...] = Field(min_length=1)
    fast: tuple[str, ...] | None = Field(default=None, min_length=1)
    quality: tuple[str, ...] | None = Field(default=None, min_length=1)

    def models(self, priority: str) -> tuple[str, ...]:
        wanted: tuple[str, ...] | None = getattr(self, priority)
        return wanted or self.balanced


class Catalogue(_Entry):
    providers: dict[str, ProviderEntry]
    models: dict[str, ModelEntry]
    routes: dict[str, RouteEntry]

    def dangling(self) -> Iterator[tuple[tuple[Step, ...], str]]:
        """Names that stand for nothing: the key where each stands, and what it is."""
        for name, entry in self.models.items():
            if entry.provider not in self.providers:
                yield ("models", name, "provider"), f"there is no provider {entry.provider!r}"
        for name, route in self.routes.items():
            for priority in RouteEntry.model_fields:
                for position, wanted in enumerate(getattr(route, priority) or ()):
                    if wanted not in self.models:
                        yield ("routes", name, priority, position), f"there is no model {wanted!r}"
        if DEFAULT_ROUTE not in self.routes:
            yield ("routes", DEFAULT_ROUTE), "missing"


def model_for(action: str, *, priority: str = "balanced") -> tuple[ModelSpec, ...]:
    """The models that may answer, the preferred one first; empty where no provider is configured.

    The demonstration model stands in only where nothing else of the route is configured.
    """
    catalogue = load()
    route = catalogue.routes.get(action) or catalogue.routes[DEFAULT_ROUTE]
    configured = [spec for name in route.models(priority) if _is_configured((spec := model(name)).provider)]
    real = tuple(spec for spec in configured if not spec.provider.demonstration)
    return real or tuple(configured)


def models() -> tuple[ModelSpec, ...]:
    """All of the catalogue, configured or not."""
    return tuple(model(name) for name in load().models)


def model(name: str) -> ModelSpec:
    catalogue = load()
    if name not in catalogue.models:
        raise ConfigurationError(f"The catalogue has no model {name!r}.")
    entry = catalogue.models[name]
    return entry.spec(name, catalogue.providers[entry.provider].spec(entry.provider))


def available_providers() -> tuple[ProviderSpec, ...]:
    """Those that have an address or a key."""
    specs = [entry.spec(name) for name, entry in load().providers.items()]
    return tuple(spec for spec in specs if _is_configured(spec))


def load() -> Catalogue:
    """Read again when its file changes. Raises ConfigurationError that names file, line and key."""
    path = Path(settings.LINTEL_CATALOGUE)
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    return _read(path, changed)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Catalogue:
    try:
        source = Source.read(path, name=str(path))
        catalogue = Catalogue.model_validate(source.value)
    except FileBroken as broken:
        raise _unusable(broken.problems) from None
    except ValidationError as error:
        raise _unusable([_problem(source, found["loc"], found["msg"]) for found in error.errors()]) from None
    if problems := [_problem(source, where, what) for where, what in catalogue.dangling()]:
        raise _unusable(problems)
    return catalogue


def _problem(source: Source, where: tuple[Step, ...], what: str) -> FileProblem:
    return source.problem(source.key_line(*where), f"{'.'.join(map(str, where))}: {what}")


def _unusable(problems: Sequence[FileProblem]) -> ConfigurationError:
    return ConfigurationError("\n".join(f"{problem.file}:{problem.line}: {problem.detail}" for problem in problems))


def _is_configured(spec: ProviderSpec) -> bool:
    return bool(spec.base_url or _setting(spec.api_key_setting))


def _setting(name: str | None) -> str | None:
    value: str | None = getattr(settings, name) if name else None
    return value
