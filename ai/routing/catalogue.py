"""Providers, models and routes as the catalogue (``settings.LINTEL_CATALOGUE``) and LINTEL_MODELS have them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from pydantic import ValidationError

from ai.errors import ConfigurationError, FileBroken, FileProblem
from ai.routing.entries import Catalogue, ModelEntry
from ai.routing.own import own_entry, own_models
from ai.types import ModelSpec, ProviderSpec
from ai.yaml_source import Source, Step


def model_for(action: str, *, priority: str = "balanced") -> tuple[ModelSpec, ...]:
    """The models that may answer, the preferred one first; empty where no provider is configured.

    The demonstration model stands in only where nothing else of the size is configured.
    """
    catalogue = load()
    return models_of(catalogue.route(action).size(priority))


def models_of(size: str) -> tuple[ModelSpec, ...]:
    """Those of them that can answer."""
    catalogue = load()
    own = own_models(catalogue.sizes)
    names = own.get(size) or catalogue.sizes[size]
    configured = [model(name) for name in names if catalogue.providers[_entry(name).provider].is_configured()]
    real = tuple(spec for spec in configured if not spec.provider.demonstration)
    return real or tuple(configured)


def models() -> tuple[ModelSpec, ...]:
    """All that are named anywhere, configured or not."""
    catalogue = load()
    own = [name for names in own_models(catalogue.sizes).values() for name in names]
    return tuple(model(name) for name in dict.fromkeys([*catalogue.models, *own]))


def model(name: str) -> ModelSpec:
    entry = _entry(name)
    return entry.spec(name, load().providers[entry.provider].spec(entry.provider))


def _entry(name: str) -> ModelEntry:
    """The catalogue's; where its provider is not there, one of our own models may have the same name elsewhere."""
    catalogue = load()
    listed = catalogue.models.get(name)
    if listed is not None and catalogue.providers[listed.provider].is_configured():
        return listed
    if any(name in names for names in own_models(catalogue.sizes).values()):
        return own_entry(catalogue.providers)
    if listed is None:
        raise ConfigurationError(f"The catalogue has no model {name!r}.")
    return listed


def available_providers() -> tuple[ProviderSpec, ...]:
    """Those that have an address or a key."""
    return tuple(entry.spec(name) for name, entry in load().providers.items() if entry.is_configured())


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
