"""The catalogue as its file has it (``settings.LINTEL_CATALOGUE``): what the tables begin with, and what counts where
they hold nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from django.conf import settings
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from ai.errors import ConfigurationError, FileBroken, FileProblem
from ai.routing.entries import Entry, ModelEntry, ProviderEntry
from ai.routing.snapshot import DEFAULT_ACTION, Catalogue, QualityLevel, Route, Scope, Tier
from ai.yaml_source import Source, Step

Level = Annotated[int, Field(ge=1, le=9)]
Weight = Annotated[int, Field(ge=0, le=1000)]
Shares = Annotated[dict[str, Weight], Field(min_length=1)]
Action = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
ROUTE_TIERS: TypeAdapter[tuple[Tier, ...]] = TypeAdapter(Annotated[tuple[Shares, ...], Field(min_length=1)])
TIERS = {"freemium": QualityLevel.ECONOMY, "pro": QualityLevel.BALANCED, "premium": QualityLevel.PREMIUM}


class SizesEntry(Entry):
    """Which size answers requests of each priority; ``balanced`` stands for any that has none of its own."""

    balanced: str
    fast: str | None = None
    quality: str | None = None

    def sizes(self) -> Iterator[tuple[str | None, str]]:
        yield None, self.balanced
        yield from ((name, size) for name in ("fast", "quality") if (size := getattr(self, name)) is not None)


class RouteEntry(SizesEntry):
    """And of each quality level that has its own."""

    levels: dict[Level, SizesEntry] = {}

    def scopes(self, action: str) -> Iterator[tuple[Scope, str]]:
        for level, entry in ((None, self), *self.levels.items()):
            yield from (((action, level, priority), size) for priority, size in entry.sizes())


class CatalogueFile(Entry):
    providers: dict[str, ProviderEntry]
    models: dict[str, ModelEntry]
    sizes: dict[str, Annotated[tuple[str | Shares, ...], Field(min_length=1)]]
    routes: dict[Action, RouteEntry]
    tiers: dict[str, Level] = dict(TIERS)

    def tiers_of(self, size: str) -> tuple[Tier, ...]:
        return tuple({tier: 1} if isinstance(tier, str) else tier for tier in self.sizes[size])

    def all_routes(self) -> Iterator[Route]:
        for action, entry in self.routes.items():
            for scope, size in entry.scopes(action):
                yield Route(scope=scope, tiers=self.tiers_of(size), size=size)

    def dangling(self) -> Iterator[tuple[tuple[Step, ...], str]]:
        """Names that stand for nothing: the key where each stands, and what it is."""
        for name, entry in self.models.items():
            if entry.provider not in self.providers:
                yield ("models", name, "provider"), f"there is no provider {entry.provider!r}"
        for size in self.sizes:
            for position, tier in enumerate(self.tiers_of(size)):
                for wanted in tier.keys() - self.models:
                    yield ("sizes", size, position), f"there is no model {wanted!r}"
        yield from self._dangling_routes()

    def _dangling_routes(self) -> Iterator[tuple[tuple[Step, ...], str]]:
        for name, route in self.routes.items():
            for place, entry in (((), route), *((("levels", str(at)), each) for at, each in route.levels.items())):
                for priority, size in entry.sizes():
                    if size not in self.sizes:
                        yield ("routes", name, *place, priority or "balanced"), f"there is no size {size!r}"
        if DEFAULT_ACTION not in self.routes:
            yield ("routes", DEFAULT_ACTION), "missing"


def load() -> CatalogueFile:
    """Read again when its file changes. Raises ConfigurationError that names file, line and key."""
    return _read(*_stamp())


def from_file() -> Catalogue:
    """Raises ConfigurationError as ``load``."""
    return _frozen(*_stamp())


def _stamp() -> tuple[Path, int]:
    path = Path(settings.LINTEL_CATALOGUE)
    try:
        return path, path.stat().st_mtime_ns
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error


@lru_cache(maxsize=4)
def _frozen(path: Path, changed: int) -> Catalogue:
    file = _read(path, changed)
    routes: Mapping[Scope, Route] = {route.scope: route for route in file.all_routes()}
    return Catalogue(
        providers=file.providers, models=file.models, routes=routes, levels=file.tiers, sizes=tuple(file.sizes)
    )


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> CatalogueFile:
    try:
        source = Source.read(path, name=str(path))
        catalogue = CatalogueFile.model_validate(source.value)
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
