"""What can be wrong with the catalogue and the models' settings, said at start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from ai.errors import ConfigurationError
from ai.faults import faults_from
from ai.providers.registry import is_known
from ai.routing.answerers import answerers, available_providers, models
from ai.routing.entries import ProviderEntry
from ai.routing.file import from_file
from ai.routing.own import refuse_unknown_sizes


@register()
def check_catalogue(**_: Any) -> list[CheckMessage]:
    try:
        catalogue = from_file()
        faults = [message for name, entry in catalogue.providers.items() for message in check_provider(name, entry)]
        refuse_unknown_sizes(catalogue.sizes)
        models(catalogue)
    except ConfigurationError as error:
        return [Error(problem, id="ai.E101") for problem in str(error).splitlines()]
    return faults


def check_provider(name: str, entry: ProviderEntry) -> Iterator[CheckMessage]:
    where = f"{settings.LINTEL_CATALOGUE}: providers.{name}"
    if not is_known(entry.kind):
        yield Error(f"{where}.kind: LINTEL_PROVIDERS names no module for {entry.kind!r}", id="ai.E102")
    for key in ("base_url_setting", "api_key_setting"):
        setting = getattr(entry, key)
        if setting is not None and not hasattr(settings, setting):
            yield Error(f"{where}.{key}: there is no setting {setting}", id="ai.E103")


@register()
def check_faults(**_: Any) -> list[CheckMessage]:
    try:
        wanted = faults_from(tuple(settings.LINTEL_FAULTS))
    except ConfigurationError as error:
        return [Error(str(error), id="ai.E106")]
    told = "LINTEL_FAULTS makes calls fail on purpose."
    return [Warning(told, hint="Leave it empty where people work.", id="ai.W107")] if wanted else []


@register()
def check_answerers(**_: Any) -> list[CheckMessage]:
    """Somebody can answer. A demonstration comes up without, and its pages say what to set."""
    return [] if settings.LINTEL_DEMO or check_catalogue() else list(_unanswered())


def _unanswered() -> Iterator[CheckMessage]:
    catalogue = from_file()
    if not available_providers(catalogue):
        hint = "Set ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENROUTER_API_KEY; .env.example describes more ways."
        yield Error("No model provider is configured: every request would be refused.", hint=hint, id="ai.E104")
        return
    routes = {route.size: route for route in catalogue.routes.values()}
    for size, route in routes.items():
        if not answerers(route, catalogue):
            hint = "Give LINTEL_MODELS one for this size, or its provider a key or an address."
            yield Error(f"None of the models of the size {size} has a provider.", hint=hint, id="ai.E105")
